import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { lanes, sharing, testFilesOf } from "./test/support/lanes.ts";
import { Sequencer } from "./test/support/sequencer.ts";
import { base } from "./vitest.base.ts";

const noToken = fileURLToPath(new URL("test/support/no-token.setup.ts", import.meta.url));

/** All tests, each in one lane: `vitest run --project unit` runs those that need no server. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    sequence: { sequencer: Sequencer },
    projects: lanes.map((name) => ({
      extends: true as const,
      test: {
        name,
        include: testFilesOf(name),
        isolate: !sharing.includes(name),
        ...(name === "redis" && { setupFiles: [...base.test.setupFiles, noToken] }),
        // So that no unit test starts a server, by whatever way.
        ...(name === "unit" && { env: { REDIS_SERVER: "unit-tests-start-no-server" } }),
      },
    })),
  },
});
