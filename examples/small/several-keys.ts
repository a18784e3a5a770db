// A transfer needs two accounts. It locks both as one lock, all or none, and no two transfers deadlock, whatever their order.
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { Redis } from "ioredis";

const redis = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
const locker = createLocker(ioredisDriver(redis));

const accounts = ["ada", "bob", "eve", "joe"];
const balanceOf = (account: string) => `example:balance:${account}`;

/** Returns whether there was enough money. */
async function transfer(from: string, to: string, amount: number): Promise<boolean> {
  const keys = [`account:${from}`, `account:${to}`];
  return locker.withLock(keys, { timeout: 30_000 }, async ({ signal }) => {
    const [rich = 0, poor = 0] = (await redis.mget(balanceOf(from), balanceOf(to))).map(Number);
    if (rich < amount) return false;
    signal.throwIfAborted(); // one signal for both keys: it aborts if either is lost
    await redis.mset(balanceOf(from), rich - amount, balanceOf(to), poor + amount);
    return true;
  });
}

for (const account of accounts) await redis.set(balanceOf(account), 100);

const transfers = Array.from({ length: 60 }, (_, i) => {
  const [from, to] = [accounts[i % 4]!, accounts[(i + 1 + (i % 3)) % 4]!];
  return transfer(from, to, 1 + (i % 7));
});
const done = (await Promise.all(transfers)).filter(Boolean).length;

const balances = (await redis.mget(accounts.map(balanceOf))).map(Number);
console.log(`${done} transfers`, balances);
console.log(
  "sum",
  balances.reduce((sum, balance) => sum + balance),
); // 400, as before
await redis.del(accounts.map(balanceOf));
await locker.close();
await redis.quit();
