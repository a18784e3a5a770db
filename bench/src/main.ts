import { constants } from "node:os";
import { startRedis } from "@distlock/testing";
import type { Bench } from "./bench";
import { connectIoredis } from "./connect";
import { measureCycle } from "./cycle";
import { measureHotKey } from "./hot-key";
import { describeMachine } from "./machine";
import { type Part, parseOptions } from "./options";
import { showProgress } from "./progress";
import { measureRenewal } from "./renewal";
import type { Result } from "./result";
import { forTerminal } from "./table";
import { tablesOf } from "./tables";
import { targetsTable } from "./targets";
import { describe, writeResult } from "./write-result";

const args = process.argv.slice(2).filter((arg) => arg !== "--");
const { quick, only } = parseOptions(args);
const wants = (part: Part) => only === undefined || only === part;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // The server and the workers die with this process.
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

try {
  const server = await startRedis();
  const control = await connectIoredis(server.port);
  const bench: Bench = { port: server.port, control, quick, progress: showProgress };
  const result: Result = { machine: await describeMachine(control), command: ["pnpm bench", ...args].join(" ") };
  if (wants("cycle")) result.cycle = await measureCycle(bench);
  if (wants("hot")) result.hot = await measureHotKey(bench);
  if (wants("renewal")) result.renewal = await measureRenewal(bench);
  control.disconnect();
  await server.stop();

  const tables = [targetsTable(result), ...tablesOf(result)];
  for (const table of tables) console.log(forTerminal(table));
  console.log(`\n${describe(result)}`);
  console.log(`Picture and numbers: ${await writeResult(result, tables, !quick && only === undefined)}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
