import { constants } from "node:os";
import { SIGNALED } from "./exit-codes";
import { Failure } from "./failure";

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The signals that ask the program to end. */
export interface Interruption {
  /** Aborts at the first of them, with a `Failure` that has its exit code. */
  readonly signal: AbortSignal;
  /** Does as a signal does. */
  by(name: NodeJS.Signals): void;
  /** From now on signals end the program as usual. */
  stop(): void;
}

/** Has the first signal abort, so that a command can print what it has, and the second one end the program. */
export function interruptible(controller = new AbortController()): Interruption {
  const by = (name: NodeJS.Signals): void => {
    const code = SIGNALED + constants.signals[name];
    if (controller.signal.aborted) process.exit(code);
    controller.abort(new Failure(code, `ended by ${name}`));
  };
  for (const name of ENDING) process.on(name, by);
  return {
    signal: controller.signal,
    by,
    stop() {
      for (const name of ENDING) process.off(name, by);
    },
  };
}
