// Many workers take jobs from one list. Jobs of different customers run at the same time; jobs of one customer never do.
import { setTimeout as sleep } from "node:timers/promises";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { Redis } from "ioredis";

interface Job {
  readonly customer: string;
  readonly number: number;
}

const redis = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
const locker = createLocker(ioredisDriver(redis));
const jobs = "example:jobs";
const taken = "example:jobs:taken";

/** Your work. The signal aborts if the lock is lost, so that the work stops before another worker begins. */
async function run({ customer }: Job, signal: AbortSignal): Promise<void> {
  const done = Number(await redis.get(`example:done:${customer}`));
  await sleep(5, undefined, { signal });
  await redis.set(`example:done:${customer}`, done + 1, "EX", 60); // without the lock, jobs would overwrite each other
}

async function work(): Promise<void> {
  for (;;) {
    // The job moves to the list of taken jobs: if this process dies, it is still there.
    const text = await redis.rpoplpush(jobs, taken);
    if (text === null) return;
    const job = JSON.parse(text) as Job;
    try {
      await locker.withLock(`customer:${job.customer}`, { timeout: 30_000 }, ({ signal }) => run(job, signal));
    } catch (error) {
      // The customer stayed busy, the lock was lost, or the work failed: another worker may try. Count the attempts in your queue.
      console.error(`${text} goes back to the queue: ${(error as Error).message}`);
      await redis.lpush(jobs, text);
    }
    await redis.lrem(taken, 1, text);
  }
}

const customers = ["ada", "bob", "eve"];
const all = Array.from({ length: 30 }, (_, number): Job => ({ customer: customers[number % 3]!, number }));
await redis.del(jobs, taken, ...customers.map((customer) => `example:done:${customer}`));
await redis.lpush(jobs, ...all.map((job) => JSON.stringify(job)));

await Promise.all(Array.from({ length: 6 }, work)); // start yours in as many processes as you like

for (const customer of customers) console.log(customer, await redis.get(`example:done:${customer}`)); // 10 each
await locker.close();
await redis.quit();
