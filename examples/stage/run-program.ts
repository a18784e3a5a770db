import { constants } from "node:os";
import pc from "picocolors";

/** Runs a demo as the program of this process. The demo returns whether it shows what it should, and ends when the signal aborts. */
export async function runProgram(demo: (signal: AbortSignal) => Promise<boolean>): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort(signal));
  try {
    process.exitCode = (await demo(stopping.signal)) ? 0 : 1;
  } catch (error) {
    const { aborted, reason } = stopping.signal;
    if (!aborted) console.error(pc.red((error as Error).message));
    process.exitCode = aborted ? 128 + constants.signals[reason as NodeJS.Signals] : 1;
  }
}
