import { playFailover } from "@distlock-examples/stage/failover/demo";
import { parseOptions } from "@distlock-examples/stage/failover/sentinel-options";
import { openSentinel } from "@distlock-examples/stage/failover/sentinel-servers";
import { runProgram } from "@distlock-examples/stage/run-program";
import { ioredisLocker, nodeRedisLocker } from "./sentinel";

const options = parseOptions(process.argv.slice(2));

await runProgram((signal) =>
  playFailover(
    {
      topology: "Sentinel",
      options,
      openServers: () => openSentinel(options),
      clients: { ioredis: ioredisLocker, "node-redis": nodeRedisLocker },
      worker: new URL("./worker.ts", import.meta.url),
    },
    signal,
  ),
);
