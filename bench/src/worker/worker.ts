import { setTimeout as sleep } from "node:timers/promises";
import type { Locking } from "../contestants/contestant";
import { contestants } from "../contestants/contestants";
import { monotonic } from "./monotonic";
import type { Answer, Grant, Order, Tasks } from "./tasks";

const say = (answer: Answer) => process.send?.(answer);

let locking: Locking;
let stopped = false;

async function repeat(key: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const release = await locking.acquire(key);
    await release();
  }
}

const tasks: Tasks = {
  async open(contestant, port) {
    const { open } = await contestants[contestant].load();
    locking = await open(port);
    const own = `warm-up:${process.pid}`;
    await repeat(own, 5);
    await Promise.all([repeat(own, 2), repeat(own, 2)]);
  },

  async cycle(parallel, each) {
    const start = monotonic();
    await Promise.all(Array.from({ length: parallel }, (_, i) => repeat(`cycle:${process.pid}:${i}`, each)));
    return monotonic() - start;
  },

  async contend({ key, waiters, hold, think }) {
    stopped = false;
    const grants: Omit<Grant, "process">[] = [];
    async function wait(): Promise<void> {
      for (;;) {
        await sleep(Math.random() * think);
        if (stopped) return;
        const requested = monotonic();
        const release = await locking.acquire(key);
        const granted = monotonic();
        await sleep(hold);
        const released = monotonic();
        await release();
        grants.push({ requested, granted, released });
        say("granted");
      }
    }
    await Promise.all(Array.from({ length: waiters }, wait));
    return grants;
  },

  async stop() {
    stopped = true;
  },

  async keep(count, ttl) {
    const { keep } = locking;
    if (keep === undefined) return false;
    for (let i = 0; i < count; i += 100) {
      const keys = Array.from({ length: Math.min(100, count - i) }, (_, j) => `kept:${i + j}`);
      await Promise.all(keys.map((key) => keep(key, ttl)));
    }
    return true;
  },

  async spend(ms) {
    const start = monotonic();
    const before = process.cpuUsage();
    await sleep(ms);
    const { user, system } = process.cpuUsage(before);
    return { elapsed: monotonic() - start, cpu: (user + system) / 1_000 };
  },

  close: () => locking.close(),
};

process.on("message", ({ id, task, args }: Order) => {
  const run = tasks[task] as (...args: readonly unknown[]) => Promise<unknown>;
  run(...args).then(
    (result) => say({ id, result }),
    (error: unknown) => say({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
// Nothing of a library that failed may stay behind.
process.on("disconnect", () => process.exit());
