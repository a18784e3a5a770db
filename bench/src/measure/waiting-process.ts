import { startWorker } from "@distlock/testing";
import type { Redis } from "ioredis";
import type { WaitingLook, WaitingOrder, WaitingPost } from "../worker/waiting-worker";
import type { Bench } from "./bench";
import { within } from "./within";

/** A process that waits for keys that another one holds. */
export interface WaitingProcess {
  readonly keys: readonly [first: string, ...others: string[]];
  look(order?: WaitingOrder): Promise<WaitingLook>;
}

/** The longest time that a process may take, in ms. */
const LONGEST = 180_000;

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Holds keys in the name of another process. */
async function hold(control: Redis, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += 5_000) {
    const pipeline = control.pipeline();
    for (const key of keys.slice(from, from + 5_000)) pipeline.set(key, "somebody", "PX", 3_600_000);
    await pipeline.exec();
  }
}

export const countWaiters = (control: Redis, key: string): Promise<number> =>
  control.zcount(`{${key}}~queue1`, "(0", "+inf");

/** How many of the keys have a waiter. */
export async function countWaited(control: Redis, keys: readonly string[]): Promise<number> {
  const pipeline = control.pipeline();
  for (const key of keys) pipeline.exists(`{${key}}~queue1`);
  const replies = (await pipeline.exec()) ?? [];
  return replies.filter(([, reply]) => reply === 1).length;
}

/** Resolves when the last thousand keys have a waiter, which were the last to get one. */
export async function untilAllWait(control: Redis, keys: readonly string[]): Promise<void> {
  const last = keys.slice(-1_000);
  while ((await countWaited(control, last)) < last.length) await sleep(50);
}

/** Runs with a waiting process of its own; afterwards the process and all keys are gone. */
export async function withWaitingProcess<T>(
  { port, control }: Bench,
  post: Omit<WaitingPost, "port">,
  run: (process: WaitingProcess) => Promise<T>,
): Promise<T> {
  const keys = Array.from({ length: post.keys }, (_, i) => `${post.run}:${i}`) as [string, ...string[]];
  await hold(control, keys);
  const worker = startWorker(new URL("../worker/waiting-worker.ts", import.meta.url), {
    args: [JSON.stringify({ ...post, port } satisfies WaitingPost)],
    execArgv: ["--expose-gc", "--import", import.meta.resolve("tsx")],
  });

  async function look(order: WaitingOrder = "look"): Promise<WaitingLook> {
    worker.process.send(order);
    return worker.next<WaitingLook>();
  }

  try {
    await worker.next();
    return await within(LONGEST, post.run, run({ keys, look }));
  } finally {
    worker.signal("SIGKILL");
    await worker.ended;
    await control.flushall();
  }
}
