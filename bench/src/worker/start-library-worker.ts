import { startWorker } from "@distlock/testing";
import type { Answer, Order, Tasks } from "./tasks";

/** A process of its own that runs one library. */
export type LibraryWorker = Tasks & {
  onGrant: () => void;
  /** Kills the process. */
  end(): Promise<void>;
};

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const names = ["open", "cycle", "contend", "stop", "keep", "spend", "close"] as const satisfies (keyof Tasks)[];

/** Tasks reject with the library's error, or with the way in which the process ended. */
export function startLibraryWorker(): LibraryWorker {
  const child = startWorker(new URL("./worker.ts", import.meta.url), {
    execArgv: ["--import", import.meta.resolve("tsx")],
  });
  const pending = new Map<number, Pending>();
  let last = 0;
  let failure: Error | undefined;

  function settle(answer: Answer): void {
    if (answer === "granted") {
      worker.onGrant();
      return;
    }
    const task = pending.get(answer.id);
    pending.delete(answer.id);
    if ("error" in answer) task?.reject(new Error(answer.error));
    else task?.resolve(answer.result);
  }

  async function listen(): Promise<never> {
    for (;;) settle(await child.next<Answer>());
  }

  listen().catch(async () => {
    const error = new Error(`the process ended with ${await child.ended}`);
    failure = error;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  });

  const ask = (task: keyof Tasks, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) return reject(failure);
      const order: Order = { id: ++last, task, args };
      pending.set(order.id, { resolve, reject });
      child.process.send(order);
    });

  const tasks = Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => ask(name, args)]));
  const worker: LibraryWorker = {
    ...(tasks as unknown as Tasks),
    onGrant() {},
    async end() {
      child.signal("SIGKILL");
      await child.ended;
    },
  };
  return worker;
}
