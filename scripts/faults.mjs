import { ensureRedis } from "./ensure-redis.mjs";
import { importSource, runBuilt } from "./run-built.mjs";

await runBuilt({
  workspace: "@distlock-private/test",
  folder: "test",
  file: "faults/main.ts",
  async prepare(args) {
    const { parseOptions } = await importSource("test/faults/options.ts");
    parseOptions(args);
    await ensureRedis();
  },
});
