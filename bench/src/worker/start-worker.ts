import { fork } from "node:child_process";
import type { Answer, Order, Tasks } from "./tasks";

/** A process of its own that runs one library. */
export type Worker = Tasks & {
  onGrant: () => void;
  /** Ends the process, whatever it does. */
  end(): Promise<void>;
};

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const names = ["open", "cycle", "contend", "stop", "keep", "spend", "close"] as const satisfies (keyof Tasks)[];

/** Tasks reject with what the library threw, or with how the process ended. */
export function startWorker(): Worker {
  const child = fork(new URL("./worker.ts", import.meta.url), { execArgv: ["--import", import.meta.resolve("tsx")] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const pending = new Map<number, Pending>();
  let last = 0;
  let ended: string | undefined;

  function fail(why: string): void {
    ended ??= why;
    for (const { reject } of pending.values()) reject(new Error(why));
    pending.clear();
  }

  child.once("error", ({ message }) => fail(message));
  child.once("exit", (code, signal) => fail(`the process ended with ${signal ?? code}`));
  child.on("message", (answer: Answer) => {
    if (answer === "granted") return worker.onGrant();
    const asked = pending.get(answer.id);
    pending.delete(answer.id);
    if ("error" in answer) asked?.reject(new Error(answer.error));
    else asked?.resolve(answer.result);
  });

  const ask = (task: keyof Tasks, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended !== undefined) return reject(new Error(ended));
      const order: Order = { id: ++last, task, args };
      pending.set(order.id, { resolve, reject });
      child.send(order);
    });

  const asked = Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => ask(name, args)]));
  const worker: Worker = {
    ...(asked as unknown as Tasks),
    onGrant() {},
    async end() {
      child.kill("SIGKILL");
      await exited;
    },
  };
  return worker;
}
