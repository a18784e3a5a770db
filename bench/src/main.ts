import { constants } from "node:os";
import { startRedis } from "@distlock/testing";
import { connectIoredis } from "./contestants/connect";
import type { Bench } from "./measure/bench";
import { measureCycle } from "./measure/cycle";
import { measureHotKey } from "./measure/hot-key";
import { describeMachine } from "./measure/machine";
import { measureMemory } from "./measure/memory";
import { measureObserving } from "./measure/observing";
import { measureRenewal } from "./measure/renewal";
import { measureWaiting } from "./measure/waiting";
import { type Part, parseOptions } from "./options";
import { memoryTable } from "./report/memory-table";
import { observingTable } from "./report/observing-table";
import { showProgress } from "./report/progress";
import type { Result } from "./report/result";
import { forTerminal } from "./report/table";
import { tablesOf } from "./report/tables";
import { targetsTable } from "./report/targets";
import { writeTenNumbers } from "./report/ten-numbers";
import { waitingTables } from "./report/waiting-table";
import { describe, type Report, writeReport } from "./report/write-result";

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
  if (only === undefined || only === "cycle" || only === "hot" || only === "renewal")
    reports.push({ name: "result", result, tables: [targetsTable(result), ...tablesOf(result)] });
  if (wants("memory")) {
    const memory = await measureMemory(bench);
    reports.push({ name: "memory", result: { ...facts, memory }, tables: [memoryTable(memory)] });
  }
  if (wants("waiting")) {
    const waiting = await measureWaiting(bench);
    reports.push({ name: "waiting", result: { ...facts, waiting }, tables: waitingTables(waiting) });
  }
  if (wants("observing")) {
    const observing = await measureObserving(bench);
    reports.push({ name: "observing", result: { ...facts, observing }, tables: [observingTable(observing)] });
  }
  control.disconnect();
  await server.stop();

  for (const table of reports.flatMap(({ tables }) => tables)) console.log(forTerminal(table));
  console.log(`\n${describe(facts)}`);
  const isWhole = ({ name }: Report) => !quick && (only === undefined || name !== "result");
  for (const report of reports) console.log(`Picture and numbers: ${await writeReport(report, isWhole(report))}`);
  if (reports.some(isWhole)) await writeTenNumbers();
} catch (error) {
  console.error((error as Error).message);
  // The server and the workers die with this process, which would otherwise go on for them.
  process.exit(1);
}
