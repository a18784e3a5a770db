import { ensureRedis } from "./ensure-redis.mjs";
import { importSource, runBuilt } from "./run-built.mjs";

await runBuilt({
  workspace: "@distlock-private/bench",
  folder: "bench",
  file: "src/main.ts",
  async prepare(args) {
    const { parseOptions } = await importSource("bench/src/options.ts");
    parseOptions(args);
    await ensureRedis();
  },
});
