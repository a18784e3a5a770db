import { defineConfig } from "vitest/config";
import config from "./vitest.config.ts";

/** Tests with packages that need Node 22 or newer. */
export default defineConfig({
  plugins: config.plugins,
  test: {
    ...config.test,
    include: ["packages/*/test/**/*.node22.test.ts", "test/**/*.node22.test.ts"],
    exclude: ["**/node_modules/**"],
  },
});
