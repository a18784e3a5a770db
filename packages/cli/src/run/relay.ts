import { kill } from "./family";
import { isStopped } from "./processes";
import { type Signal, stopAsAJob } from "./signals";

/** Passes a signal that `distlock` receives on to the command. */
export type Relay = (signal: Signal) => void;

/**
 * For a command that leads a group of its own: the whole group receives each signal. Ctrl-Z reaches this process alone then, so it stops
 * the group before itself: without it, the command would go on while nobody extends the lease.
 */
export const relayToGroup =
  (command: number, onContinue: () => void): Relay =>
  (signal) => {
    if (signal === "SIGCHLD") return;
    if (signal === "SIGTSTP") {
      kill(-command, "SIGSTOP");
      kill(process.pid, "SIGSTOP");
      return;
    }
    // First, since the command may have to end instead.
    if (signal === "SIGCONT") onContinue();
    kill(-command, signal);
  };

/** From the terminal, they reach the whole group by themselves, and twice would be wrong: a second Ctrl-C means "at once" to many programs. */
const ofTerminal = new Set<Signal>(["SIGINT", "SIGQUIT", "SIGWINCH", "SIGTSTP"]);

/**
 * For a command that shares the group of this process. This process stops when the command has stopped, and not before: some programs
 * ignore Ctrl-Z, and some stop only themselves. The shell waits for this process, so it gets its terminal back then.
 */
export const relayInForeground =
  (command: number, onContinue: () => void): Relay =>
  (signal) => {
    if (ofTerminal.has(signal)) return;
    if (signal === "SIGCHLD") {
      if (isStopped(command)) stopAsAJob();
    } else if (signal === "SIGCONT") {
      onContinue();
      // A shell continues the whole group, but a person may have continued this process alone.
      if (isStopped(command)) kill(command, "SIGCONT");
    } else kill(command, signal);
  };
