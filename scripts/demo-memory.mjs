import { ensureRedis } from "./ensure-redis.mjs";
import { importSource, runBuilt } from "./run-built.mjs";

const example = "examples/agent-memory";

await runBuilt({
  workspace: "@distlock-examples/agent-memory",
  folder: example,
  file: "src/main.ts",
  /** Makes sure that there will be a Redis, or that the caller's answers. */
  async prepare(args) {
    const { parseOptions } = await importSource(`${example}/src/options.ts`);
    const { redisUrl } = parseOptions(args);
    if (redisUrl === undefined) return ensureRedis(process.env, ", or use a running one with --redis-url");
    const { reachRedis } = await importSource("examples/standalone/src/reach-redis.ts");
    (await reachRedis(redisUrl)).destroy();
  },
});
