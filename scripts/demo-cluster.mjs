import { ensureRedis } from "./ensure-redis.mjs";
import { importSource, runBuilt } from "./run-built.mjs";

const example = "examples/cluster";

await runBuilt({
  workspace: "@distlock-examples/cluster",
  folder: example,
  file: "src/main.ts",
  async prepare(args) {
    const { parseOptions } = await importSource(`${example}/src/options.ts`);
    const { nodes } = parseOptions(args);
    if (nodes === undefined) await ensureRedis(process.env, ", or use running ones with --nodes");
  },
});
