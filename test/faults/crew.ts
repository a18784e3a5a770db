import { type FaultProxy, startFaultProxy, startWorker, type Worker } from "@distlock/testing";
import { monotonic } from "./clock";
import type { Event } from "./event";
import type { Order, Post } from "./orders";
import { pause } from "./pause";

/** One client of a round: a worker process behind a proxy of its own, and the next one when that dies. */
export interface Hand {
  readonly proxy: FaultProxy;
  /** Resolves when the first process works. */
  readonly begun: Promise<unknown>;
  tell(order: Order): void;
  /** Ends a freeze, and calls off prepared faults that have not happened. Resolves when it obeyed. */
  spare(): Promise<void>;
  /** Resolves when the process that works now is gone, or after so many ms. */
  dies(within: number): Promise<unknown>;
  /** Resolves when it was spared and its client has had an answer from Redis. */
  calm(): Promise<void>;
  /** Resolves when it has done its jobs and ended by itself. */
  finish(): Promise<void>;
  /** Kills it at once. */
  stop(): Promise<void>;
}

/** More than any client needs to reach a healthy Redis, and than any wait lasts. */
const PATIENCE = 60_000;

/** `nextPost` is asked once for each process. */
export async function hire(
  client: string,
  server: { readonly port: number },
  nextPost: () => Omit<Post, "worker" | "client" | "url">,
  record: (event: Event) => void,
): Promise<Hand> {
  const proxy = await startFaultProxy(server);
  let count = 0;
  let isOver = false;
  let stopping: Promise<void> | undefined;
  let worker: Worker;
  let name: string;

  function start(): void {
    name = `${client}#${++count}`;
    const post: Post = { ...nextPost(), worker: name, client, url: proxy.url };
    worker = startWorker(new URL("worker.ts", import.meta.url), {
      args: [JSON.stringify(post)],
      execArgv: ["--import", "tsx", "--no-warnings"],
    });
    const mine = name;
    worker.ended.then((end) => {
      record({ what: "killed", at: monotonic(), worker: mine });
      if (end !== 0 && end !== "SIGKILL") record({ what: "wrong", at: monotonic(), why: `${mine} ended with ${end}` });
      if (!isOver) start();
    });
  }
  start();

  /** Asks whichever process there is, and wakes it until it answers. */
  async function ask(question: "spare" | "calm"): Promise<void> {
    for (;;) {
      const current = worker;
      current.process.send({ do: question } satisfies Order, () => {});
      const waking = setInterval(() => current.signal("SIGCONT"), 50);
      const answer = await current.next<string>().catch(() => "died");
      clearInterval(waking);
      if (answer === question || isOver) return;
    }
  }

  /** Within the time that everything may take; otherwise it is wrong, and has to die. */
  async function orDie(what: string, done: Promise<unknown>): Promise<void> {
    const asked = name;
    const timer = setTimeout(() => {
      record({ what: "wrong", at: monotonic(), why: `${asked} ${what} ${PATIENCE} ms after the last fault` });
      isOver = true;
      worker.signal("SIGKILL");
    }, PATIENCE);
    await Promise.race([done, worker.ended]);
    clearTimeout(timer);
  }

  return {
    proxy,
    begun: worker!.next(),
    tell: (order) => void worker.process.send(order, () => {}),
    spare: () => ask("spare"),
    dies: (within) => Promise.race([worker.ended, pause(within)]),
    async calm() {
      await ask("spare"); // so that it does not die any more
      await orDie("had no answer from Redis", ask("calm"));
    },
    async finish() {
      isOver = true;
      worker.process.send({ do: "finish" } satisfies Order, () => {});
      await orDie("still waited or held", worker.ended);
    },
    async stop() {
      isOver = true;
      worker.signal("SIGKILL");
      await worker.ended;
      stopping ??= proxy.stop();
      await stopping;
    },
  };
}
