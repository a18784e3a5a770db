import { expect, vi } from "vitest";
import { queueOf, waitersOf } from "../support/queue-key";
import { sleep } from "./faults";
import { ask, isFree, isWaiting, type Stage, scenarios, until } from "./scenario";
import { CLAIM, HEARTBEAT, WINDOW } from "./times";

vi.mock("../../packages/core/src/driver/times", () => import("./times"));

const LONG = 5_000;

const free = async (stage: Stage, token: string, tombstone = false) =>
  stage.a.driver.release({ key: stage.key, token, tombstone });

/** How many scripts the server has run for its clients. */
async function scriptsRun(redis: Stage["redis"]): Promise<number> {
  const stats = await redis.info("commandstats");
  return ["eval", "evalsha"].reduce((sum, name) => {
    return sum + Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  }, 0);
}

/** Waiters whose process is long dead. */
async function fillQueue(redis: Stage["redis"], queue: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += 4_000) {
    await redis.zadd(queue, ...Array.from({ length: 4_000 }, (_, i) => [from + i + 1, `dead:${from + i}`]).flat());
  }
  await redis.pexpire(queue, 60_000);
}

const holder = ({ redis, key }: Stage) => redis.get(key);

const beat = ({ b, key }: Stage, ...tokens: string[]) => b.driver.queue!.heartbeat({ key, inbox: "two", tokens });

/** A lock whose lease is over, and one waiter. */
async function abandoned(stage: Stage): Promise<void> {
  await ask(stage, stage.a, "one:holder");
  await ask(stage, stage.b, "two:waiter", { ticket: 0 });
  await stage.redis.pexpire(stage.key, 1);
  await isFree(stage);
}

const fenceOf = async (stage: Stage) => (await stage.a.driver.inspect(stage.key)).fence;

scenarios({
  "a release hands over to the first waiter, notifies it, and mints a fence": async (stage) => {
    const { a, key } = stage;
    const told: unknown[] = [];
    const listener = { granted: (...news: unknown[]) => void told.push(news), forcedOut() {}, ended() {} };
    const close = await a.driver.queue!.listen("two", listener, new AbortController().signal);
    await ask(stage, a, "one:holder");
    const first = await fenceOf(stage);
    await ask(stage, a, "two:first", { ticket: 0 });
    await ask(stage, a, "two:second", { ticket: 0 });
    expect(await free(stage, "one:holder")).toBe("released");
    expect(await holder(stage)).toBe("two:first");
    const { fence, waiting } = await a.driver.inspect(key);
    expect(fence).toBeGreaterThan(first);
    expect(waiting).toBe(1);
    await until("told", () => told.length > 0);
    expect(told).toEqual([["two:first", fence, CLAIM]]);
    await free(stage, "two:first");
    expect(await holder(stage)).toBe("two:second");
    await free(stage, "two:second");
    expect(await holder(stage)).toBeNull();
    expect(await waitersOf(stage.redis, key)).toEqual([]);
    await close();
  },

  "a release passes over a waiter whose process is silent": async (stage) => {
    await ask(stage, stage.a, "one:holder");
    await ask(stage, stage.a, "gone:waiter", { ticket: 0 });
    await sleep(WINDOW + 20);
    await ask(stage, stage.b, "two:waiter", { ticket: 0 });
    await free(stage, "one:holder");
    expect(await holder(stage)).toBe("two:waiter");
    await free(stage, "two:waiter");
  },

  "a sign of life from before the server's clock was set back does not count": async (stage) => {
    await ask(stage, stage.a, "one:holder");
    await ask(stage, stage.a, "gone:waiter", { ticket: 0 });
    await sleep(WINDOW + 20);
    await ask(stage, stage.b, "two:waiter", { ticket: 0 });
    await stage.redis.zadd(queueOf(stage.key), -(Date.now() + 3_600_000), "@gone");
    await free(stage, "one:holder");
    expect(await holder(stage)).toBe("two:waiter");
    await free(stage, "two:waiter");
  },

  "a release that meets many dead waiters drops a part of them, and is asked again": async (stage) => {
    const queue = queueOf(stage.key);
    await ask(stage, stage.a, "one:holder");
    await fillQueue(stage.redis, queue, 100_000);
    await ask(stage, stage.b, "two:waiter", { ticket: 0 });
    const before = await scriptsRun(stage.redis);
    await free(stage, "one:holder");
    await until("handed over", async () => {
      // On a busy machine, all scripts together take longer than a sign of life counts: the waiter is dropped, and asks again.
      const isDropped = (await waitersOf(stage.redis, stage.key)).length === 0 && (await holder(stage)) === null;
      if (isDropped) await ask(stage, stage.b, "two:waiter", { ticket: 0 });
      return (await holder(stage)) === "two:waiter";
    });
    expect((await scriptsRun(stage.redis)) - before).toBeGreaterThan(9);
    expect(await waitersOf(stage.redis, stage.key)).toEqual([]);
    await free(stage, "two:waiter");
  },

  "nobody overtakes while dead waiters are dropped": async (stage) => {
    await ask(stage, stage.a, "one:holder", { ttl: 200 });
    await fillQueue(stage.redis, queueOf(stage.key), 12_000);
    await ask(stage, stage.b, "two:waiter", { ticket: 0 });
    await isFree(stage);
    await beat(stage);
    for (const newcomer of ["three:first", "three:second"]) {
      expect((await ask(stage, stage.c, newcomer)).status).toBe("held");
    }
    expect(await holder(stage)).toBe("two:waiter");
    await free(stage, "two:waiter");
  },

  "a server that refuses to publish hands over all the same": async (stage) => {
    await ask(stage, stage.a, "one:holder");
    await ask(stage, stage.b, "two:waiter", { ticket: 0 });
    await stage.redis.call("ACL", "SETUSER", "default", "resetchannels");
    expect(await free(stage, "one:holder")).toBe("released");
    await stage.redis.call("ACL", "SETUSER", "default", "allchannels");
    expect(await holder(stage)).toBe("two:waiter");
    await free(stage, "two:waiter");
  },

  "a companion that is somebody else's is neither overwritten nor extended": async (stage) => {
    const { redis, key, keys } = stage;
    const theirs = ["fence", "queue1"].map((name) => `{${key}}~${name}`);
    for (const name of theirs) {
      await redis.set(name, "theirs");
      await expect(ask(stage, stage.a, "one:holder", { ttl: 300 }).then(waitBehind)).rejects.toThrow(/companion/);
      expect([await redis.get(name), await redis.pttl(name)]).toEqual(["theirs", -1]);
      await redis.del(name);
      await isFree(stage);
    }
    expect(keys).toContain(key);

    /** Only a waiter meets two of them. */
    async function waitBehind(reply: { readonly status: string }) {
      expect(reply.status).toBe("granted");
      await ask(stage, stage.b, "two:waiter", { ticket: 0 });
    }
  },

  "a token that was forced out is dead however long it is": async (stage) => {
    for (const token of ["t".repeat(199), "t".repeat(200), "t".repeat(5_000)]) {
      await ask(stage, stage.a, token);
      await stage.b.driver.forceRelease({ key: stage.key });
      expect((await ask(stage, stage.a, token)).status).toBe("dead");
      expect((await ask(stage, stage.a, `!${token}`)).status).toBe("granted");
      await free(stage, `!${token}`);
    }
  },

  "a newcomer that meets a free lock hands it to the first waiter": async (stage) => {
    await abandoned(stage);
    expect((await ask(stage, stage.c, "three:newcomer")).status).toBe("held");
    expect(await holder(stage)).toBe("two:waiter");
    await free(stage, "two:waiter");
  },

  "a stale release that meets a free lock hands it to the first waiter": async (stage) => {
    await abandoned(stage);
    expect(await free(stage, "three:other")).toBe("lost");
    expect(await holder(stage)).toBe("two:waiter");
    await free(stage, "two:waiter");
  },

  "a heartbeat that meets a free lock hands it to the first waiter": async (stage) => {
    await abandoned(stage);
    const { states } = await beat(stage, "two:waiter");
    expect(states).toEqual(["granted"]);
    await free(stage, "two:waiter");
  },

  "a forced release hands over": async (stage) => {
    await ask(stage, stage.a, "one:holder");
    await ask(stage, stage.b, "two:waiter", { ticket: 0 });
    await stage.c.driver.forceRelease({ key: stage.key });
    expect(await holder(stage)).toBe("two:waiter");
    await free(stage, "two:waiter");
  },

  "waiters of one command have places of their own, in their order": async (stage) => {
    await ask(stage, stage.a, "one:holder");
    const all = Array.from({ length: 20 }, (_, i) => ask(stage, stage.b, `two:${20 - i}`, { ticket: 0 }));
    const tickets = (await Promise.all(all)).map((reply) => (reply.status === "queued" ? reply.ticket : 0));
    expect(tickets).toEqual([...new Set(tickets)].sort((x, y) => x - y));
    // A clock that was ahead, and was set back since.
    const ahead = tickets[0]! + 3_600_000_000;
    await stage.redis.zadd(queueOf(stage.key), ahead, "two:ahead");
    const last = await ask(stage, stage.b, "two:last", { ticket: 0 });
    expect(last.status === "queued" && last.ticket).toBe(ahead + 1);
    await stage.forget(stage.key);
  },

  "a waiter that was dropped gets its old place back": async (stage) => {
    await ask(stage, stage.a, "one:holder");
    const first = await ask(stage, stage.b, "two:first", { ticket: 0 });
    const second = await ask(stage, stage.c, "three:second", { ticket: 0 });
    if (first.status !== "queued" || second.status !== "queued") throw new Error("not queued");
    await stage.forget(stage.key);
    await ask(stage, stage.a, "one:next");
    await ask(stage, stage.c, "three:second", { ticket: second.ticket });
    await ask(stage, stage.b, "two:first", { ticket: first.ticket });
    await free(stage, "one:next");
    expect(await holder(stage)).toBe("two:first");
    await stage.forget(stage.key);
  },

  "heartbeats keep a waiter in the queue for as long as they come": async (stage) => {
    await ask(stage, stage.a, "one:holder");
    await ask(stage, stage.b, "two:waiter", { ticket: 0 });
    for (let i = 0; i < (3 * WINDOW) / HEARTBEAT; i++) {
      await sleep(HEARTBEAT);
      const { states } = await beat(stage, "two:waiter", "two:unknown");
      expect(states).toEqual(["queued", "missing"]);
    }
    await isWaiting(stage, 1);
    await free(stage, "one:holder");
    expect(await holder(stage)).toBe("two:waiter");
    await free(stage, "two:waiter");
  },

  "heartbeats keep a claim, and shorten nothing": async (stage) => {
    const { b, redis, key } = stage;
    await ask(stage, stage.a, "one:holder");
    await ask(stage, b, "two:waiter", { ticket: 0 });
    await free(stage, "one:holder");
    await sleep(CLAIM / 2);
    expect((await beat(stage, "two:waiter")).states).toEqual(["granted"]);
    expect(await redis.pttl(key)).toBeGreaterThan(CLAIM * 0.75);
    expect(await b.driver.extend({ key, token: "two:waiter", ttl: LONG })).toBe("held");
    await beat(stage, "two:waiter");
    expect(await redis.pttl(key)).toBeGreaterThan(LONG / 2);
    await free(stage, "two:waiter");
  },

  "later fences are above the floor of every answer, even when the last fence is forgotten": async (stage) => {
    await ask(stage, stage.a, "one:holder");
    const fence = await fenceOf(stage);
    await stage.redis.del(`{${stage.key}}~fence`);
    const reply = await ask(stage, stage.b, "two:waiter", { ticket: 0 });
    if (reply.status !== "queued") throw new Error("not queued");
    expect(reply.floor).toBeGreaterThan(fence);
    expect((await beat(stage, "two:waiter")).floor).toBeGreaterThan(reply.floor);
    await stage.forget(stage.key);
  },

  "fences rise when the last one is forgotten, and when it is ahead of the clock": async (stage) => {
    const { redis, key, a } = stage;
    await ask(stage, a, "one:first");
    const fence = await fenceOf(stage);
    await free(stage, "one:first");
    await redis.del(`{${key}}~fence`);
    await ask(stage, a, "one:second");
    expect(await fenceOf(stage)).toBeGreaterThan(fence);
    await free(stage, "one:second");
    const ahead = fence + 3_600_000_000;
    await redis.set(`{${key}}~fence`, String(ahead), "PX", 10_000);
    await ask(stage, a, "one:third");
    expect(await fenceOf(stage)).toBe(ahead + 1);
    await free(stage, "one:third");
  },

  "nothing shortens the lease of the same token": async (stage) => {
    const { a, redis, key } = stage;
    await ask(stage, a, "one:holder");
    await a.driver.extend({ key, token: "one:holder", ttl: 100 });
    await ask(stage, a, "one:holder", { ttl: 100 });
    expect(await redis.pttl(key)).toBeGreaterThan(LONG / 2);
    await ask(stage, a, "one:holder", { ttl: 2 * LONG });
    expect(await redis.pttl(key)).toBeGreaterThan(1.5 * LONG);
    await free(stage, "one:holder");
  },

  "only the holder extends and frees": async (stage) => {
    const { a, key } = stage;
    await ask(stage, a, "one:holder");
    expect(await a.driver.extend({ key, token: "one:other", ttl: LONG })).toBe("lost");
    expect(await free(stage, "one:other")).toBe("lost");
    expect(await holder(stage)).toBe("one:holder");
    await free(stage, "one:holder");
  },

  "a token that was given up, released or forced out is dead": async (stage) => {
    await free(stage, "one:undone", true);
    expect((await ask(stage, stage.a, "one:undone")).status).toBe("dead");
    await ask(stage, stage.a, "one:released");
    expect(await free(stage, "one:released")).toBe("released");
    expect(await free(stage, "one:released")).toBe("released");
    expect((await ask(stage, stage.a, "one:released")).status).toBe("dead");
    await ask(stage, stage.a, "one:forced");
    await stage.a.driver.forceRelease({ key: stage.key });
    expect((await ask(stage, stage.a, "one:forced")).status).toBe("dead");
  },

  "one lock's error does not stop the others of its command": async (stage) => {
    const { a, redis } = stage;
    const [key, broken] = stage.keys as [string, string];
    await redis.rpush(queueOf(broken), "no queue");
    await redis.pexpire(queueOf(broken), 10_000);
    const [ours, theirs] = await Promise.allSettled([
      ask(stage, a, "one:ours", { at: key }),
      ask(stage, a, "one:theirs", { at: broken }),
    ]);
    expect(theirs.status).toBe("rejected");
    expect(ours.status).toBe("fulfilled");
    await stage.forget(broken);
    await free(stage, "one:ours");
  },

  "no companion is without a ttl": async (stage) => {
    await ask(stage, stage.a, "one:holder");
    await ask(stage, stage.b, "two:waiter", { ticket: 0 });
    await free(stage, "one:undone", true);
    await stage.look();
    await beat(stage, "two:waiter");
    await stage.look();
    await stage.forget(stage.key);
  },
});
