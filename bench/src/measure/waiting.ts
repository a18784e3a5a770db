import { startWorker, type Worker } from "@distlock/testing";
import type { Redis } from "ioredis";
import type { Bench } from "./bench";
import { interleave, type Results } from "./rounds";
import { callsBetween, readServerCosts } from "./server-costs";
import type { WaitingLook, WaitingOrder, WaitingPost } from "../worker/waiting-worker";
import { within } from "./within";

export type WaitingClient = "ioredis" | "node-redis";
export const waitingClients: readonly WaitingClient[] = ["ioredis", "node-redis"];

/** One process with one waiter for each of so many keys, and nothing else to do. */
export interface WaitedKeys {
  /** Parts of a core. */
  readonly nodeCpu: number;
  readonly redisCpu: number;
  /** Scripts per second. */
  readonly commands: number;
  /** Longest delay of the event loop, in ms. */
  readonly delay: number;
  /** Of 1,000 keys that were looked at, how many are still waited for; and whether the lock that is kept meanwhile is held. */
  readonly queued: number;
  readonly held: boolean;
}

/** One process with so many waiters of one key. */
export interface Crowd {
  /** Until all wait, in ms. */
  readonly queueing: number;
  readonly granted: number;
  /** Per second, once the key is free. */
  readonly rate: number;
}

/** A process that waits for so many keys while the server is frozen for a while. */
export interface Outage {
  /** Bytes of heap, and of the whole process, that the outage cost. */
  readonly heap: number;
  readonly resident: number;
}

export interface WaitingResults {
  readonly keys: readonly { readonly count: number; readonly results: Results<WaitingClient, WaitedKeys> }[];
  readonly crowd: { readonly count: number; readonly results: Results<WaitingClient, Crowd> };
  readonly outage: {
    readonly count: number;
    readonly seconds: number;
    readonly results: Results<WaitingClient, Outage>;
  };
  /** Dead waiters before a living one, and the longest script that dropped them, in ms. */
  readonly dead: readonly { readonly count: number; readonly longest: number }[];
}

const LONGEST = 180_000;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const startWaiting = (post: WaitingPost): Worker =>
  startWorker(new URL("../worker/waiting-worker.ts", import.meta.url), {
    args: [JSON.stringify(post)],
    execArgv: ["--expose-gc", "--import", import.meta.resolve("tsx")],
  });

async function look(worker: Worker, order: WaitingOrder = "look"): Promise<WaitingLook> {
  worker.process.send(order);
  return worker.next<WaitingLook>();
}

/** Holds keys in the name of somebody else. */
async function hold(control: Redis, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += 5_000) {
    const pipeline = control.pipeline();
    for (const key of keys.slice(from, from + 5_000)) pipeline.set(key, "somebody", "PX", 3_600_000);
    await pipeline.exec();
  }
}

const waits = (control: Redis, key: string): Promise<number> => control.zcard(`{${key}}~queue`);

async function countWaiting(control: Redis, keys: readonly string[]): Promise<number> {
  const pipeline = control.pipeline();
  for (const key of keys) pipeline.exists(`{${key}}~queue`);
  const replies = (await pipeline.exec()) ?? [];
  return replies.filter(([, reply]) => reply === 1).length;
}

const namesOf = (count: number, run: string): string[] => Array.from({ length: count }, (_, i) => `${run}:${i}`);

async function untilAllWait(control: Redis, keys: readonly string[]): Promise<void> {
  while ((await countWaiting(control, keys.slice(-1_000))) < Math.min(keys.length, 1_000)) await sleep(50);
}

/** What waiting costs a process and a server, at sizes at which it could collapse. */
export async function measureWaiting({ server, port, control, quick, progress }: Bench): Promise<WaitingResults> {
  const sizes = quick ? [200] : [1_000, 10_000, 30_000];
  const crowd = quick ? 2_000 : 100_000;
  const outage = { count: quick ? 200 : 5_000, seconds: quick ? 3 : 60 };
  const deads = quick ? [1_000] : [10_000, 50_000];
  const step = progress("waiting", (sizes.length + 2) * waitingClients.length + deads.length);

  /** Runs with a process of its own, which is gone afterwards. */
  async function withWorker<T>(post: WaitingPost, title: string, run: (worker: Worker) => Promise<T>): Promise<T> {
    await hold(control, namesOf(post.keys, post.run));
    const worker = startWaiting(post);
    try {
      await worker.next();
      return await within(LONGEST, title, run(worker));
    } finally {
      worker.signal("SIGKILL");
      await worker.ended;
      await control.flushall();
      step(title);
    }
  }

  async function waitedKeys(client: WaitingClient, count: number): Promise<WaitedKeys> {
    const run = `keys:${client}`;
    const keys = namesOf(count, run);
    return withWorker({ client, port, run, keys: count, waiters: 1 }, `${count} keys (${client})`, async (worker) => {
      await untilAllWait(control, keys);
      await sleep(quick ? 500 : 5_000); // the flood is over
      await look(worker);
      const before = await readServerCosts(control);
      await sleep(quick ? 1_500 : 15_000);
      const after = await readServerCosts(control);
      const { cpu, elapsed, delay, held } = await look(worker);
      const sampled = keys.filter((_, i) => i % Math.ceil(count / 1_000) === 0);
      return {
        nodeCpu: cpu / elapsed,
        redisCpu: (after.cpu - before.cpu) / 1_000 / elapsed,
        commands: (1_000 * callsBetween(before, after, "evalsha", "eval")) / elapsed,
        delay,
        queued: (await countWaiting(control, sampled)) / sampled.length,
        held,
      };
    });
  }

  async function crowdOf(client: WaitingClient): Promise<Crowd> {
    const run = `crowd:${client}`;
    const [key] = namesOf(1, run) as [string];
    const began = performance.now();
    return withWorker({ client, port, run, keys: 1, waiters: crowd }, `a crowd (${client})`, async (worker) => {
      while ((await waits(control, key)) < crowd) await sleep(50);
      const queueing = performance.now() - began;
      await sleep(quick ? 500 : 5_000);
      const from = performance.now();
      await control.del(key);
      let granted = 0;
      while (granted < crowd) {
        await sleep(100);
        const seen = await look(worker);
        if (seen.failed > 0) throw new Error(`${seen.failed} waits failed`);
        granted = seen.granted;
      }
      return { queueing, granted, rate: (1_000 * granted) / (performance.now() - from) };
    });
  }

  async function outageOf(client: WaitingClient): Promise<Outage> {
    const run = `outage:${client}`;
    const keys = namesOf(outage.count, run);
    return withWorker(
      { client, port, run, keys: outage.count, waiters: 1 },
      `an outage (${client})`,
      async (worker) => {
        await untilAllWait(control, keys);
        await sleep(quick ? 500 : 5_000);
        const before = await look(worker, "memory");
        await server.signal("SIGSTOP");
        await sleep(1_000 * outage.seconds);
        const after = await look(worker, "memory");
        await server.signal("SIGCONT");
        return { heap: after.heap - before.heap, resident: after.resident - before.resident };
      },
    );
  }

  async function longestDrop(count: number): Promise<number> {
    const run = `dead:${count}`;
    const [key] = namesOf(1, run) as [string];
    return withWorker({ client: "ioredis", port, run, keys: 1, waiters: 1 }, `${count} dead`, async (worker) => {
      while ((await waits(control, key)) === 0) await sleep(10);
      for (let from = 0; from < count; from += 5_000) {
        const dead = Array.from({ length: Math.min(5_000, count - from) }, (_, i) => [
          from + i + 1,
          `dead:${from + i}`,
        ]);
        await control.zadd(`{${key}}~queue`, ...dead.flat());
      }
      await control.config("SET", "slowlog-log-slower-than", "1000");
      await control.call("SLOWLOG", "RESET");
      await control.del(key);
      while ((await look(worker)).granted === 0) await sleep(10);
      const entries = (await control.call("SLOWLOG", "GET", "1000")) as [number, number, number, string[]][];
      await control.config("SET", "slowlog-log-slower-than", "10000");
      const scripts = entries.filter(([, , , [name]]) => /^eval/i.test(name ?? ""));
      return Math.max(0, ...scripts.map(([, , micros]) => micros)) / 1_000;
    });
  }

  const keys = [];
  for (const count of sizes) {
    keys.push({ count, results: await interleave(waitingClients, 1, (client) => waitedKeys(client, count)) });
  }
  const crowds = await interleave(waitingClients, 1, crowdOf);
  const outages = await interleave(waitingClients, 1, outageOf);
  const dead = [];
  for (const count of deads) dead.push({ count, longest: await longestDrop(count) });
  return { keys, crowd: { count: crowd, results: crowds }, outage: { ...outage, results: outages }, dead };
}
