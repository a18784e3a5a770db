import { randomUUID } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { createLeases, createLocker, type Driver, LockError, type Locker } from "@distlock/core";
import { redisDriver } from "@distlock/core/driver";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { rule } from "../../packages/core/src/driver/rights";
import { clients } from "../support/clients";
import { queueOf } from "../support/queue-key";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until, untilWaiting } from "../support/until";
import { byMessageOnly } from "../support/with-queue";

const server = await startRedis();
const admin = new Redis(server.url);
/** Past all rights. */
const adminLocker = createLocker(ioredisDriver(admin));
const closers: (() => unknown)[] = [];
const warnings: Error[] = [];
const note = (warning: unknown) => void warnings.push(warning as Error);
channel("distlock:warning").subscribe(note);

refuseUnhandledRejections();
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  warnings.length = 0;
});
afterAll(async () => {
  channel("distlock:warning").unsubscribe(note);
  admin.disconnect();
  await server.stop();
});

/** The rule as the error and the docs have it, for the keys that begin with `app:`. What clients ask for themselves is in the docs. */
const exactly = rule.replaceAll("<keys>", "app:*").split(" ");
const ofClients = ["+info", "+ping"];
const scripts = exactly.filter((right) => right.startsWith("+") && !/^\+(eval|evalsha|subscribe|publish)$/.test(right));

/** A driver of a user of its own, which may do just that. */
async function asUser(client: string, rights: readonly string[]): Promise<Driver> {
  const user = `user-${randomUUID()}`;
  await admin.call("ACL", "SETUSER", user, "on", ">secret", "resetchannels", ...rights, ...ofClients);
  const { connection, close } = await clients[client]!(`redis://${user}:secret@127.0.0.1:${server.port}`);
  closers.push(close);
  return redisDriver(connection);
}

function open(driver: Driver): Locker {
  const locker = createLocker(driver, { ttl: 10_000, timeout: 8_000 });
  closers.unshift(() => locker.close());
  return locker;
}

const newKey = () => `app:${randomUUID()}`;

/** Resolves when the call has its place in the queue, or is over. */
async function untilWaitsOrEnded(key: string, call: Promise<unknown>): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  call.then(end, end);
  await until(async () => isOver || (await adminLocker.inspect(key)).waiting === 1);
}

/** Each call that there is, on keys of its own. */
const calls: Readonly<Record<string, (driver: Driver) => Promise<void>>> = {
  async "acquire, extend, release"(driver) {
    const lock = await open(driver).acquire(newKey());
    await lock.extend(20_000);
    await lock.release();
  },
  async "a hand-over to a waiter"(driver) {
    const [holder, waiter, key] = [open(driver), open(driver), newKey()];
    const held = await holder.acquire(key);
    const waiting = waiter.acquire(key);
    await untilWaitsOrEnded(key, waiting);
    await held.release();
    await (await waiting).release();
  },
  async "a holder that is forced out"(driver) {
    const [holder, waiter, key] = [open(driver), open(driver), newKey()];
    await holder.acquire(key, { ttl: 60_000 });
    const waiting = waiter.acquire(key);
    await untilWaitsOrEnded(key, waiting);
    await waiter.forceRelease(key);
    await (await waiting).release();
  },
  async "a try while another waits"(driver) {
    const [holder, waiter, key] = [open(driver), open(driver), newKey()];
    const held = await holder.acquire(key);
    const waiting = waiter.acquire(key);
    await untilWaitsOrEnded(key, waiting);
    expect(await holder.tryAcquire(key)).toBeNull();
    await held.release();
    await (await waiting).release();
  },
  async "a heartbeat of two waiters"(driver) {
    const [holder, waiter, key] = [open(driver), open(driver), newKey()];
    const held = await holder.acquire(key);
    let areOver = false;
    const waiting = Promise.all([1, 2].map(async () => (await waiter.acquire(key)).release())).finally(() => {
      areOver = true;
    });
    waiting.catch(() => {});
    const signs = () => admin.zrangebyscore(queueOf(key), "-inf", "(0", "WITHSCORES").catch(() => []);
    let [count, first] = [0, ""];
    await until(async () => {
      count = (await adminLocker.inspect(key)).waiting;
      first = `${await signs()}`;
      return areOver || count === 2;
    });
    await until(async () => areOver || `${await signs()}` !== first);
    await held.release();
    await waiting;
  },
  async "a wait that ends, a try, a look"(driver) {
    const [holder, waiter, key] = [open(driver), open(driver), newKey()];
    const held = await holder.acquire(key);
    const controller = new AbortController();
    const waiting = waiter.acquire(key, { signal: controller.signal });
    await untilWaitsOrEnded(key, waiting);
    controller.abort("enough");
    await waiting.catch((reason: unknown) => {
      if (reason !== "enough") throw reason;
    });
    expect(await waiter.tryAcquire(key)).toBeNull();
    expect((await waiter.inspect(key)).held).toBe(true);
    await held.release();
  },
  async "several keys"(driver) {
    const locker = open(driver);
    const [one, two] = [newKey(), newKey()];
    const held = await locker.acquire(two);
    const waiting = locker.acquire([one, two], { timeout: 8_000 });
    await untilWaitsOrEnded(two, waiting);
    await held.release();
    await (await waiting).release();
  },
  async leases(driver) {
    const { acquire, transfer, holder, release } = createLeases(driver);
    const [key, from, to] = [newKey(), randomUUID(), randomUUID()];
    expect((await acquire({ key, token: from, ttl: 10_000 })).status).toBe("granted");
    expect((await transfer({ key, from, to, ttl: 10_000 })).status).toBe("granted");
    expect((await holder(key))?.token === to).toBe(true);
    expect(await release({ key, token: to })).toBe("released");
  },
  async "a transfer while another waits"(driver) {
    const { acquire, transfer, release } = createLeases(driver);
    const [key, from, to] = [newKey(), randomUUID(), randomUUID()];
    expect((await acquire({ key, token: from, ttl: 10_000 })).status).toBe("granted");
    const waiting = open(driver).acquire(key);
    await untilWaitsOrEnded(key, waiting);
    expect((await transfer({ key, from, to, ttl: 10_000 })).status).toBe("granted");
    expect(await release({ key, token: to })).toBe("released");
    await (await waiting).release();
  },
};

const isBackend = (error: unknown): boolean => LockError.is(error) && error.code === "LOCK_BACKEND";

test("the docs have the rule", () => {
  const page = readFileSync(new URL("../../docs/topologies.md", import.meta.url), "utf8");
  expect(page).toContain(`ACL SETUSER locks on >password ${exactly.join(" ")}\n`);
});

describe.each(["ioredis 5.11.1", "ioredis 6.0.0", "redis 4.7.1", "redis 6.3.1"])("%s", (client) => {
  test("a user with exactly the rights of the docs can do everything, and is woken by messages", async () => {
    await admin.flushall();
    const driver = await asUser(client, exactly);
    const deaf = open(byMessageOnly(driver));
    const [held, key] = [await adminLocker.acquire("app:deaf"), "app:deaf"];
    const waiting = deaf.acquire(key);
    await untilWaiting(adminLocker, key, 1);
    await until(async () => ((await admin.pubsub("CHANNELS", "distlock:*")) as unknown[]).length === 1);
    await held.release();
    await (await waiting).release();
    for (const call of Object.values(calls)) await call(driver);
    expect(await admin.keys("app:*")).toEqual([]);
    expect(warnings).toEqual([]);
  });

  const channels: Readonly<Record<string, (right: string) => boolean>> = {
    "no channel": (right) => right !== "&distlock:*",
    "no SUBSCRIBE": (right) => right !== "+subscribe",
    "no PUBLISH": (right) => right !== "+publish",
  };
  test.each(Object.entries(channels))("a user with %s can do everything, and is warned once", async (_, remains) => {
    const driver = await asUser(client, exactly.filter(remains));
    for (let round = 0; round < 3; round++) {
      await Promise.all(Object.values(calls).map((call) => call(driver)));
    }
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^the server refuses messages of grants: .*\+subscribe \+publish &distlock:\*/),
    ]);
  });

  test("a user without one of the other rights is refused in words that name all of them, and nothing lasts", async () => {
    const keys = exactly.filter((right) => right.startsWith("~"));
    const taken = [...keys, "+eval", "+evalsha", ...scripts];
    await Promise.all(
      taken.map(async (right) => {
        const driver = await asUser(
          client,
          exactly.filter((one) => one !== right),
        );
        const outcomes = await Promise.allSettled(Object.values(calls).map((call) => call(driver)));
        const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
        expect(failures.length, `${right} is not needed`).toBeGreaterThan(0);
        for (const failure of failures) {
          expect(isBackend(failure), `without ${right}: ${failure}`).toBe(true);
          expect(failure.message, right).toContain(rule);
        }
      }),
    );
    for (const name of await admin.keys("*app:*")) {
      expect(await admin.pttl(name), `${name} lasts`).not.toBe(-1);
    }
  });
});

test.each([
  ["may not ask for the time", ["~*", "+@all", "-time"]],
  ["may not use companion keys", ["~k", "+@all"]],
  ["may not run scripts", ["~*", "+@all", "-eval", "-evalsha"]],
])("a user who %s is refused at once, and nothing is half done", async (_, rights) => {
  const driver = await asUser("ioredis 6.0.0", ["&*", ...rights]);
  await expect(driver.acquire({ keys: ["k"], token: "t", ttl: 30_000 }, { abandoned: false })).rejects.toThrow(
    /NOPERM|user executing the script|ACL failure in script/,
  );
  expect(await admin.exists("k")).toBe(0);
  await expect(createLocker(driver).acquire("k")).rejects.toMatchObject({ code: "LOCK_BACKEND" });
  expect(await admin.exists("k")).toBe(0);
  await admin.set("k", "t", "PX", 30_000);
  await expect(driver.transfer!({ key: "k", from: "t", to: "u", ttl: 30_000 })).rejects.toThrow();
  expect(await admin.get("k")).toBe("t");
  await admin.del("k");
});
