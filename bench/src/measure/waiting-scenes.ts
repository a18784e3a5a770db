import type { WaitingClient } from "../worker/waiting-worker";
import type { Bench } from "./bench";
import { callsBetween, readServerCosts } from "./server-costs";
import { countWaited, countWaiters, sleep, untilAllWait, withWaitingProcess } from "./waiting-process";

/** One process with one waiter for each of so many keys, and nothing else to do. */
export interface WaitedKeys {
  /** Parts of a core. */
  readonly nodeCpu: number;
  readonly redisCpu: number;
  /** Scripts per second. */
  readonly commands: number;
  /** Longest delay of the event loop, in ms. */
  readonly delay: number;
  /** The part of the keys that still have their waiter, of 1,000 that were looked at. */
  readonly queued: number;
  /** Whether the lock that the process keeps meanwhile is held. */
  readonly held: boolean;
}

/** Enqueueing is over, in ms after the last waiter was seen in a queue. */
const calm = ({ quick }: Bench): number => (quick ? 500 : 5_000);

export function measureWaitedKeys(bench: Bench, client: WaitingClient, count: number): Promise<WaitedKeys> {
  const { control, quick } = bench;
  return withWaitingProcess(bench, { client, run: `keys:${client}`, keys: count, waiters: 1 }, async (process) => {
    await untilAllWait(control, process.keys);
    await sleep(calm(bench));
    await process.look();
    const before = await readServerCosts(control);
    await sleep(quick ? 1_500 : 15_000);
    const after = await readServerCosts(control);
    const { cpu, elapsed, delay, held } = await process.look();
    const sampled = process.keys.filter((_, i) => i % Math.ceil(count / 1_000) === 0);
    return {
      nodeCpu: cpu / elapsed,
      redisCpu: (after.cpu - before.cpu) / 1_000 / elapsed,
      commands: (1_000 * callsBetween(before, after, "evalsha", "eval")) / elapsed,
      delay,
      queued: (await countWaited(control, sampled)) / sampled.length,
      held,
    };
  });
}

/** One process with so many waiters of one key. */
export interface WaitingCrowd {
  /** Until all wait, in ms. */
  readonly queueing: number;
  readonly granted: number;
  /** Per second, once the key is free. */
  readonly rate: number;
}

export function measureCrowd(bench: Bench, client: WaitingClient, count: number): Promise<WaitingCrowd> {
  const { control } = bench;
  const began = performance.now();
  return withWaitingProcess(bench, { client, run: `crowd:${client}`, keys: 1, waiters: count }, async (process) => {
    const [key] = process.keys;
    while ((await countWaiters(control, key)) < count) await sleep(50);
    const queueing = performance.now() - began;
    await sleep(calm(bench));
    const from = performance.now();
    await control.del(key);
    let granted = 0;
    while (granted < count) {
      await sleep(100);
      const seen = await process.look();
      if (seen.failed > 0) throw new Error(`${seen.failed} waits failed`);
      granted = seen.granted;
    }
    return { queueing, granted, rate: (1_000 * granted) / (performance.now() - from) };
  });
}

/** A process that waits for so many keys while the server is frozen. */
export interface Outage {
  /** Bytes of heap, and of the whole process, that the outage cost. */
  readonly heap: number;
  readonly resident: number;
}

export interface OutageScene {
  readonly count: number;
  readonly seconds: number;
}

export function measureOutage(bench: Bench, client: WaitingClient, { count, seconds }: OutageScene): Promise<Outage> {
  const { control, server } = bench;
  return withWaitingProcess(bench, { client, run: `outage:${client}`, keys: count, waiters: 1 }, async (process) => {
    await untilAllWait(control, process.keys);
    await sleep(calm(bench));
    const before = await process.look("memory");
    await server.signal("SIGSTOP");
    await sleep(1_000 * seconds);
    const after = await process.look("memory");
    await server.signal("SIGCONT");
    return { heap: after.heap - before.heap, resident: after.resident - before.resident };
  });
}

/** The longest script that drops so many dead waiters before a living one, in ms. */
export function measureLongestDrop(bench: Bench, count: number): Promise<number> {
  const { control } = bench;
  return withWaitingProcess(
    bench,
    { client: "ioredis", run: `dead:${count}`, keys: 1, waiters: 1 },
    async (process) => {
      const [key] = process.keys;
      while ((await countWaiters(control, key)) === 0) await sleep(10);
      for (let from = 0; from < count; from += 5_000) {
        const dead = Array.from({ length: Math.min(5_000, count - from) }, (_, i) => [
          from + i + 1,
          `dead:${from + i}`,
        ]);
        await control.zadd(`{${key}}~queue1`, ...dead.flat());
      }
      await control.config("SET", "slowlog-log-slower-than", "1000");
      await control.call("SLOWLOG", "RESET");
      await control.del(key);
      while ((await process.look()).granted === 0) await sleep(10);
      const entries = (await control.call("SLOWLOG", "GET", "1000")) as [number, number, number, string[]][];
      await control.config("SET", "slowlog-log-slower-than", "10000");
      const scripts = entries.filter(([, , , [name]]) => /^eval/i.test(name ?? ""));
      return Math.max(0, ...scripts.map(([, , micros]) => micros)) / 1_000;
    },
  );
}
