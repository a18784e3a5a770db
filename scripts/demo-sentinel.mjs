import { ensureRedis } from "./ensure-redis.mjs";
import { importSource, runBuilt } from "./run-built.mjs";

const example = "examples/sentinel";

await runBuilt({
  workspace: "@distlock-examples/sentinel",
  folder: example,
  file: "src/main.ts",
  async prepare(args) {
    const { parseOptions } = await importSource(`${example}/src/options.ts`);
    const { sentinels } = parseOptions(args);
    if (sentinels === undefined) await ensureRedis(process.env, ", or use running ones with --sentinels");
  },
});
