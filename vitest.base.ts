import { fileURLToPath } from "node:url";
import { configDefaults, type ViteUserConfig } from "vitest/config";
import { luaForVitest } from "./lua-script.ts";

/** What all runs of the tests have in common: the runs of `vitest.config.ts`, on a newer Node, and of a mutation. */
export const base = {
  plugins: [luaForVitest()],
  test: {
    // Tests of packages that need Node 22 are run by vitest.node22.config.ts.
    exclude: [...configDefaults.exclude, "**/*.node22.test.ts"],
    setupFiles: [fileURLToPath(new URL("test/support/end-of-file.setup.ts", import.meta.url))],
    // A test that waits for something that never happens finally times out. No test needs so long, even on a busy machine.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // Most tests wait most of the time.
    maxWorkers: 4,
    // A failed assertion prints both values in full.
    chaiConfig: { truncateThreshold: 0 },
  },
} satisfies ViteUserConfig;
