import { defineConfig } from "vitest/config";
import { base } from "./vitest.base.ts";

/** Tests with packages that need Node 22 or newer. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["packages/*/test/**/*.node22.test.ts", "test/**/*.node22.test.ts"],
    exclude: ["**/node_modules/**"],
  },
});
