import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export interface Worker {
  readonly process: ChildProcess;
  /** The next message; rejects if the process ends without one. */
  next<T>(): Promise<T>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** Starts a file of `workers/` as a process of its own. Messages are kept until they are asked for. */
export function startWorker(name: string, ...args: readonly string[]): Worker {
  const child = fork(fileURLToPath(new URL(`workers/${name}.ts`, import.meta.url)), args, {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  running.add(child);
  const messages: unknown[] = [];
  let wake = () => {};
  let over = false;
  child.on("message", (message) => {
    messages.push(message);
    wake();
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => {
      running.delete(child);
      over = true;
      wake();
      resolve(code ?? signal ?? "unknown");
    });
  });
  return {
    process: child,
    ended,
    async next<T>() {
      while (messages.length === 0) {
        if (over) throw new Error(`worker ${name} ended without a message: ${await ended}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return messages.shift() as T;
    },
  };
}
