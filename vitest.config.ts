import { configDefaults, defineConfig } from "vitest/config";
import { luaForVitest } from "./lua-script.ts";

export default defineConfig({
  plugins: [luaForVitest()],
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    // Of packages that need Node 22: see vitest.node22.config.ts.
    exclude: [...configDefaults.exclude, "**/*.node22.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    // What did not fit is told in full.
    chaiConfig: { truncateThreshold: 0 },
  },
});
