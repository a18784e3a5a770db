import { startRedis } from "@distlock/testing";
import { connectIoredis } from "./connect";
import { measureCycle } from "./cycle";
import { measureHotKey } from "./hot-key";

const server = await startRedis();
const control = await connectIoredis(server.port);
const quick = process.argv.includes("--quick");
const bench = {
  port: server.port,
  control,
  quick,
  progress: () => (id: string) => void process.stderr.write(`${id} `),
};
if (process.argv.includes("cycle")) await measureCycle(bench);
const r = await measureHotKey(bench);
console.log();
for (const { scene, results } of r) {
  console.log(scene);
  for (const [k, v] of Object.entries(results))
    console.log(
      k.padEnd(30),
      "failed" in v
        ? v.failed
        : Object.entries(v.rounds[v.rounds.length >> 1]!)
            .map(([n, x]) => `${n} ${x.toFixed(2)}`)
            .join(" "),
    );
}
await server.stop();
process.exit();
