import { type ChildProcess, fork } from "node:child_process";
import { killWithParent } from "./kill-with-parent";

export interface WorkerOptions {
  readonly args?: readonly string[];
  /** Options of Node, such as `["--import", "tsx"]`. */
  readonly execArgv?: readonly string[];
  /** Environment variables, besides the variables of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A process of its own, to be killed and frozen. It dies with this process, whatever ends that, even while it is frozen. */
export interface Worker {
  readonly process: ChildProcess;
  /** The next message; rejects if the process ends without one. */
  next<T>(): Promise<T>;
  /** `"SIGKILL"` for a crash, `"SIGSTOP"` and `"SIGCONT"` for a freeze. */
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** Starts a Node program with a channel for messages. Its messages are kept until they are asked for. */
export function startWorker(file: string | URL, { args = [], execArgv = [], env = {} }: WorkerOptions = {}): Worker {
  const child = fork(file, args, {
    execArgv: [...execArgv],
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const release = killWithParent(child);
  const messages: unknown[] = [];
  let wake = () => {};
  let over = false;
  child.on("message", (message) => {
    messages.push(message);
    wake();
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => {
      release();
      over = true;
      wake();
      resolve(code ?? signal ?? "unknown");
    });
  });
  return {
    process: child,
    ended,
    signal: (name) => void child.kill(name),
    async next<T>() {
      while (messages.length === 0) {
        if (over) throw new Error(`worker ${file} ended without a message: ${await ended}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return messages.shift() as T;
    },
  };
}
