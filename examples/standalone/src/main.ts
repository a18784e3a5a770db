import { constants } from "node:os";
import pc from "picocolors";
import { demo } from "./demo";
import { parseOptions } from "./options";

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort(signal));

try {
  const good = await demo(parseOptions(process.argv.slice(2)), stopping.signal);
  process.exitCode = good ? 0 : 1;
} catch (error) {
  const { aborted, reason } = stopping.signal;
  if (!aborted) console.error(pc.red((error as Error).message));
  process.exitCode = aborted ? 128 + constants.signals[reason as NodeJS.Signals] : 1;
}
