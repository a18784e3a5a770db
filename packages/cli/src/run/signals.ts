import { constants } from "node:os";
import { SIGNALED } from "../exit-codes";

export type Signal = NodeJS.Signals;

/** They end a wait for the lock, as they end most programs. The others are for a command that runs. */
const ending = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const;
const passedOn = [...ending, "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT"] as const;

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
  /** From now on a command runs, and its relay receives the signals, and these besides. */
  relayTo(relay: (signal: Signal) => void, besides: readonly Signal[]): void;
  /** The command has ended: signals have no effect any more. */
  ignore(): void;
  /** From now on they do what they do to any program. */
  restore(): void;
}

export function listenToSignals(): Signals {
  const controller = new AbortController();
  let names: readonly Signal[] = passedOn;
  let receive = (signal: Signal): void => {
    if ((ending as readonly Signal[]).includes(signal)) controller.abort(new Interrupted(signal));
  };
  const listener = (signal: Signal): void => receive(signal);
  const listen = (signals: readonly Signal[]) => {
    for (const signal of signals) process.on(signal, listener);
  };
  const ignore = (): void => {
    receive = () => {};
  };
  listen(names);
  return {
    interrupted: controller.signal,
    relayTo(relay, besides) {
      receive = relay;
      names = [...names, ...besides];
      listen(besides);
    },
    ignore,
    restore() {
      for (const name of names) process.off(name, listener);
    },
  };
}

/** Resolves with the work, or rejects with the reason if the signal aborts before. */
export function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
