import { constants } from "node:os";
import { SIGNALED } from "../exit-codes";

export type Signal = NodeJS.Signals;

/** They end a wait for the lock, as they end most programs. The others are for a command that runs. */
const ending = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const;
const passedOn = [...ending, "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT"] as const;
/** For Ctrl-Z, and for a command that stops itself. */
const all = [...passedOn, "SIGTSTP", "SIGCHLD"] as const;

/** What shells report of a program that this signal ended. */
export const codeOfSignal = (signal: Signal): number => SIGNALED + constants.signals[signal];

/** A signal that ended the wait for the lock. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor(readonly signal: Signal) {
    super(`ended by ${signal}`);
  }
}

/** The signals that this process receives. None of them ends it from here on. */
export interface Signals {
  /** Aborts with `Interrupted` at the first signal that ends a wait. */
  readonly interrupted: AbortSignal;
  /** From now on a command runs, and its relay receives the signals. */
  relayTo(relay: (signal: Signal) => void): void;
  /** The command has ended: signals have no effect any more. */
  ignore(): void;
  /** From now on they do what they do to any program. */
  restore(): void;
}

/** All are listened to before the command starts: one that comes while it starts is then passed on, and does nothing else. */
export function listenToSignals(): Signals {
  const controller = new AbortController();
  let receive = (signal: Signal): void => {
    if ((ending as readonly Signal[]).includes(signal)) controller.abort(new Interrupted(signal));
    if (signal === "SIGTSTP") stopAsAJob();
  };
  const listener = (signal: Signal): void => receive(signal);
  for (const name of all) process.on(name, listener);
  return {
    interrupted: controller.signal,
    relayTo(relay) {
      receive = relay;
    },
    ignore() {
      receive = () => {};
    },
    restore() {
      for (const name of all) process.off(name, listener);
    },
  };
}

/** Stops this process as Ctrl-Z does. Where no shell could continue it, the system ignores this signal, if nobody listens to it. */
export function stopAsAJob(): void {
  const listeners = process.listeners("SIGTSTP") as NodeJS.SignalsListener[];
  process.removeAllListeners("SIGTSTP");
  process.kill(process.pid, "SIGTSTP");
  for (const listener of listeners) process.on("SIGTSTP", listener);
}

/** Resolves with the work, or rejects with the reason if the signal aborts before. */
export function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
