import { parseOptions } from "@distlock-examples/stage/failover/cluster-options";
import { openCluster } from "@distlock-examples/stage/failover/cluster-servers";
import { playFailover } from "@distlock-examples/stage/failover/demo";
import { runProgram } from "@distlock-examples/stage/run-program";
import { ioredisLocker, nodeRedisLocker } from "./cluster";

const options = parseOptions(process.argv.slice(2));

await runProgram((signal) =>
  playFailover(
    {
      topology: "Cluster",
      options,
      openServers: () => openCluster(options),
      clients: { ioredis: ioredisLocker, "node-redis": nodeRedisLocker },
      worker: new URL("./worker.ts", import.meta.url),
    },
    signal,
  ),
);
