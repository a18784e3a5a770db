import { startRedis } from "@distlock/testing";
import { measureCycle } from "./cycle";
const server = await startRedis();
const quick = process.argv.includes("--quick");
const r = await measureCycle({ port: server.port, server, quick, progress: () => (id) => {} });
const med = (a: number[]) => a.sort((x, y) => x - y)[a.length >> 1]!;
for (const [k, v] of Object.entries(r)) console.log(k.padEnd(30), "failed" in v ? v.failed : [med(v.rounds.map((x) => x.sequential)), med(v.rounds.map((x) => x.parallel))].map(Math.round).join("  "));
await server.stop();
process.exit();
