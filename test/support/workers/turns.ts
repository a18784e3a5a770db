import { subscribe } from "node:diagnostics_channel";
import { createLocker, LockError } from "@distlock/core";
import { type RedisConnection, redisDriver } from "@distlock/core/driver";
import { ioredisConnection } from "@distlock/ioredis";
import { LockedMemory, RedisMemory, StaleTurnError } from "@distlock/memory";
import { nodeRedisConnection } from "@distlock/node-redis";
import { Redis } from "ioredis";
import { createClient } from "redis";
import type { Order, Place, Post, Report } from "../turn-crew";
import { brokenAt, pairOf } from "../turn-history";

/** Takes its turns of one session, and each again until it is done. Holds where its orders say so, until it may go on. */
const { client, url, session, name, from, to, ttl, keep = [null], rest = 0 } = JSON.parse(process.argv[2]!) as Post;
const patient = client.startsWith("patient");

/** Clients that are not patient report a lost connection at once: it is we who try again. */
async function connect(): Promise<readonly [RedisConnection, close: () => void]> {
  if (client.endsWith("ioredis")) {
    const redis = new Redis(url, { maxRetriesPerRequest: patient ? null : 0, retryStrategy: () => 20 });
    redis.on("error", () => {});
    return [ioredisConnection(redis), () => redis.disconnect()];
  }
  const redis = createClient({ url, disableOfflineQueue: !patient, socket: { reconnectStrategy: () => 20 } });
  redis.on("error", () => {});
  await redis.connect();
  return [nodeRedisConnection(redis as never), () => redis.destroy()];
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const tell = (report: Report) => void process.send!(report);

let holdAt: Place | undefined;
let goOn = () => {};
process.on("message", (order: Order) => {
  if (order === "go") goOn();
  else holdAt = order;
});
process.once("disconnect", () => process.exit()); // with its parent, however that ends

async function place(at: Place, turn: number): Promise<void> {
  if (holdAt !== at) return;
  holdAt = undefined;
  const going = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  tell({ held: at, turn });
  await going;
}

subscribe("distlock:warning", (error) => LockError.is(error) && tell({ warning: error.code }));

const [connection, close] = await connect();
const locker = createLocker(redisDriver(connection));
const storeOf = (n: number) =>
  new RedisMemory(connection, { session, ttl: keep[Math.floor(n / 100) % keep.length] ?? undefined });

async function takeTurn(n: number): Promise<void> {
  const store = storeOf(n);
  const memory = new LockedMemory(() => store, locker, { ttl }).for(session);
  await memory.withTurn(async (turn) => {
    const history = await turn.load();
    const broken = brokenAt(history);
    if (broken !== undefined) tell({ broken: `${name}'s turn ${n} loaded no whole conversation: ${broken}` });
    // It was done when it was tried before, and the answer was lost.
    if (history.some(({ content }) => content === pairOf(name, n, 0)[0].content)) return;
    const pair = pairOf(name, n, history.length);
    await place("loaded", n);
    try {
      await turn.save(...pair, { idempotencyKey: `${name} ${n}` });
    } catch (error) {
      if (!StaleTurnError.is(error)) throw error;
      // Like a process that looked at its lock just before it was stopped.
      const { fence } = turn;
      const late = await store.save(...pair, { fence }).catch((reason: unknown) => reason);
      tell({ refused: { turn: n, applied: error.applied, byStore: StaleTurnError.is(late) } });
      throw error;
    }
    await place("saved", n);
  });
}

for (let n = from; n < to; n++) {
  for (let done = false; !done; ) {
    await place("idle", n);
    try {
      await takeTurn(n);
      done = true;
    } catch (error) {
      tell({ failed: { turn: n, why: String(error) } });
      await sleep(10);
    }
  }
  tell({ done: n });
  if (rest > 0) await sleep(rest);
}
await locker.close();
close();
process.disconnect();
