import { constants } from "node:os";
import { startRedis } from "@distlock/testing";
import type { Bench } from "./bench";
import { connectIoredis } from "./connect";
import { measureCycle } from "./cycle";
import { measureHotKey } from "./hot-key";
import { describeMachine } from "./machine";
import { measureMemory } from "./memory";
import { memoryTable } from "./memory-table";
import { type Part, parseOptions } from "./options";
import { showProgress } from "./progress";
import { measureRenewal } from "./renewal";
import type { Result } from "./result";
import { forTerminal } from "./table";
import { tablesOf } from "./tables";
import { targetsTable } from "./targets";
import { measureWaiting } from "./waiting";
import { waitingTables } from "./waiting-table";
import { describe, type Report, writeReport } from "./write-result";

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
  const bench: Bench = { server, port: server.port, control, quick, progress: showProgress };
  const facts = { machine: await describeMachine(control), command: ["pnpm bench", ...args].join(" ") };
  const result: Result = { ...facts };
  const reports: Report[] = [];
  if (wants("cycle")) result.cycle = await measureCycle(bench);
  if (wants("hot")) result.hot = await measureHotKey(bench);
  if (wants("renewal")) result.renewal = await measureRenewal(bench);
  if (only !== "memory" && only !== "waiting")
    reports.push({ name: "result", result, tables: [targetsTable(result), ...tablesOf(result)] });
  if (wants("memory")) {
    const memory = await measureMemory(bench);
    reports.push({ name: "memory", result: { ...facts, memory }, tables: [memoryTable(memory)] });
  }
  if (wants("waiting")) {
    const waiting = await measureWaiting(bench);
    reports.push({ name: "waiting", result: { ...facts, waiting }, tables: waitingTables(waiting) });
  }
  control.disconnect();
  await server.stop();

  for (const table of reports.flatMap(({ tables }) => tables)) console.log(forTerminal(table));
  console.log(`\n${describe(facts)}`);
  for (const report of reports) {
    const whole = !quick && (only === undefined || report.name !== "result");
    console.log(`Picture and numbers: ${await writeReport(report, whole)}`);
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
