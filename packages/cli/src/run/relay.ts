import { kill } from "./family";
import { isStopped } from "./processes";
import type { Signal } from "./signals";

/** Passes the signals that `distlock` receives on to the command. */
export interface Relay {
  receive(signal: Signal): void;
  /** The signals that it needs besides those that are always passed on. */
  readonly besides: readonly Signal[];
}

/** Stops this process, until somebody continues it. */
const stopSelf = (): void => void kill(process.pid, "SIGSTOP");

/**
 * For a command that leads a group of its own: the whole group receives each signal. Ctrl-Z reaches this process alone then, so it stops
 * the group before itself: without it, the command would go on while nobody extends the lease.
 */
export const relayToGroup = (command: number, onContinue: () => void): Relay => ({
  besides: ["SIGTSTP"],
  receive(signal) {
    if (signal === "SIGTSTP") {
      kill(-command, "SIGSTOP");
      return stopSelf();
    }
    // First, since the command may have to end instead.
    if (signal === "SIGCONT") onContinue();
    kill(-command, signal);
  },
});

/** From the terminal, they reach the whole group by themselves, and twice would be wrong: a second Ctrl-C means "at once" to many programs. */
const ofTerminal = new Set<Signal>(["SIGINT", "SIGQUIT", "SIGWINCH", "SIGTSTP"]);

/**
 * For a command that shares the group of this process. This process stops when the command has stopped, and not before: some programs
 * ignore Ctrl-Z, and some stop only themselves. The shell waits for this process, so it gets its terminal back then.
 */
export function relayInForeground(command: number, onContinue: () => void): Relay {
  const relay: Relay = {
    besides: ["SIGTSTP", "SIGCHLD"],
    receive(signal) {
      if (ofTerminal.has(signal)) return;
      if (signal === "SIGCHLD") {
        if (isStopped(command)) stopAsAJob();
      } else if (signal === "SIGCONT") {
        onContinue();
        // A shell continues the whole group, but a person may have continued this process alone.
        if (isStopped(command)) kill(command, "SIGCONT");
      } else kill(command, signal);
    },
  };

  /** Where no shell could continue this process, the system ignores this signal. So it must not have a listener. */
  function stopAsAJob(): void {
    const listeners = process.listeners("SIGTSTP") as NodeJS.SignalsListener[];
    process.removeAllListeners("SIGTSTP");
    kill(process.pid, "SIGTSTP");
    for (const listener of listeners) process.on("SIGTSTP", listener);
  }
  return relay;
}
