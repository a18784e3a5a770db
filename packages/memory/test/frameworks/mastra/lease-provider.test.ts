import { randomUUID } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";
import { createLeases, createLocker, type Driver, inProcessDriver } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { startFaultProxy, startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test, vi } from "vitest";
import { type LeaseProvider, leaseProvider } from "../../../src/frameworks/mastra";
import { ioredis, nodeRedis } from "../../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const door = ioredis(server.port);
const driver = ioredisDriver(ioredis(server.port));
/** Two processes. */
const here = leaseProvider(createLeases(driver));
const there = leaseProvider(createLeases(nodeRedisDriver(await nodeRedis(server.port))));

const TTL = 20_000;
const newKey = () => `user\0${randomUUID()}`;
const lockOf = (key: string) => `mastra:lease:{${key.replace("\0", "%00")}}`;
const ended = async (key: string) => {
  await door.pexpire(lockOf(key), 1);
  await vi.waitFor(async () => expect(await door.exists(lockOf(key))).toBe(0), { interval: 2 });
};

const warnings: unknown[] = [];
subscribe("distlock:warning", (warning) => warnings.push(warning));

test("one owner has a lease, and is told apart from all others", async () => {
  const key = newKey();
  expect(await here.getLeaseOwner(key)).toBeUndefined();
  expect(await here.acquireLease(key, "a", TTL)).toEqual({ acquired: true, owner: "a" });
  expect(await there.acquireLease(key, "b", TTL)).toEqual({ acquired: false, owner: "a" });
  expect(await there.getLeaseOwner(key)).toBe("a");
  await there.releaseLease(key, "b");
  expect(await there.renewLease(key, "b", TTL)).toBe(false);
  expect(await there.transferLease(key, "b", "c", TTL)).toBe(false);
  expect(await here.getLeaseOwner(key)).toBe("a");
  await here.releaseLease(key, "a");
  expect(await there.getLeaseOwner(key)).toBeUndefined();
  await here.releaseLease(key, "a");
  expect(await here.renewLease(key, "a", TTL)).toBe(false);
  expect(await here.transferLease(key, "a", "b", TTL)).toBe(false);
  expect(await there.acquireLease(key, "b", TTL)).toEqual({ acquired: true, owner: "b" });
});

test("an owner acquires again at once after its release, and while it has the lease, in any process", async () => {
  const key = newKey();
  for (const provider of [here, there, here]) {
    for (let i = 0; i < 3; i++) expect((await provider.acquireLease(key, "a", TTL)).acquired).toBe(true);
    await (provider === here ? there : here).releaseLease(key, "a");
    expect(await here.getLeaseOwner(key)).toBeUndefined();
  }
});

test("owners that come at once: one gets it, however often each asks, in however many processes", async () => {
  const key = newKey();
  const owners = ["a", "b", "c"];
  const asked = owners.flatMap((owner) => [here, there, here, there].map((provider) => ({ owner, provider })));
  const replies = await Promise.all(asked.map(({ owner, provider }) => provider.acquireLease(key, owner, TTL)));
  const winner = (await here.getLeaseOwner(key))!;
  expect(replies).toEqual(asked.map(({ owner }) => ({ acquired: owner === winner, owner: winner })));
});

test("one owner that asks many times at once in two processes has the lease each time", async () => {
  const key = newKey();
  const replies = await Promise.all(
    Array.from({ length: 40 }, (_, i) => [here, there][i % 2]!.acquireLease(key, "a", TTL)),
  );
  expect(new Set(replies.map(({ acquired }) => acquired))).toEqual(new Set([true]));
});

test("a lease is renewed, never made shorter, and is lost when it is over", async () => {
  const key = newKey();
  await here.acquireLease(key, "a", TTL);
  expect(await there.renewLease(key, "a", 3 * TTL)).toBe(true);
  expect(await door.pttl(lockOf(key))).toBeGreaterThan(2 * TTL);
  expect(await here.renewLease(key, "a", TTL)).toBe(true);
  expect((await here.acquireLease(key, "a", TTL)).acquired).toBe(true);
  expect(await door.pttl(lockOf(key))).toBeGreaterThan(2 * TTL);
  await ended(key);
  expect(await here.renewLease(key, "a", TTL)).toBe(false);
  expect(await here.getLeaseOwner(key)).toBeUndefined();
  expect(await there.acquireLease(key, "b", TTL)).toEqual({ acquired: true, owner: "b" });
  await here.releaseLease(key, "a"); // late
  expect(await here.renewLease(key, "a", TTL)).toBe(false);
  expect(await there.getLeaseOwner(key)).toBe("b");
});

test("a transfer leaves no gap, once, with the lease that was asked for", async () => {
  const key = newKey();
  await here.acquireLease(key, "a", TTL);
  let done = false;
  const racing = (async () => {
    const seen: boolean[] = [];
    while (!done) seen.push((await there.acquireLease(key, "racer", TTL)).acquired);
    return seen;
  })();
  let owner = "a";
  for (let i = 0; i < 100; i++) {
    expect(await here.transferLease(key, owner, `next ${i}`, 2 * TTL)).toBe(true);
    expect(await here.transferLease(key, owner, "another", TTL)).toBe(false);
    owner = `next ${i}`;
  }
  done = true;
  const seen = await racing;
  expect(seen.length).toBeGreaterThan(0);
  expect(seen).not.toContain(true);
  expect(await there.getLeaseOwner(key)).toBe(owner);
  expect(await door.pttl(lockOf(key))).toBeGreaterThan(TTL);
  await here.releaseLease(key, "a");
  expect(await there.getLeaseOwner(key)).toBe(owner);
});

test("calls for one key take effect in the order in which they were made, even if nobody awaits them", async () => {
  const key = newKey();
  await here.acquireLease(key, "a", TTL);
  void here.releaseLease(key, "a");
  expect(await here.acquireLease(key, "b", TTL)).toEqual({ acquired: true, owner: "b" });
  void here.transferLease(key, "b", "c", TTL);
  expect(await here.getLeaseOwner(key)).toBe("c");
  void here.releaseLease(key, "c");
  void here.acquireLease(key, "c", TTL);
  expect(await here.renewLease(key, "c", TTL)).toBe(true);
});

test("owners and keys may be any strings", async () => {
  const surrogate = "\ud800";
  for (const owner of ["", "{a}", "a b\n\0", surrogate, "🔒".repeat(2_500), "a".repeat(10_000), "null", "1"]) {
    const key = newKey();
    expect(await here.acquireLease(key, owner, TTL)).toEqual({ acquired: true, owner });
    expect(await there.getLeaseOwner(key)).toBe(owner);
    expect(await there.acquireLease(key, `${owner}.`, TTL)).toEqual({ acquired: false, owner });
    expect(await there.renewLease(key, owner, TTL)).toBe(true);
    expect(await there.transferLease(key, owner, `${owner}.`, TTL)).toBe(true);
    expect(await here.getLeaseOwner(key)).toBe(`${owner}.`);
    await here.releaseLease(key, `${owner}.`);
    expect(await here.getLeaseOwner(key)).toBeUndefined();
  }
  const [braces, spaced] = [`}{${randomUUID()}`, ` ${randomUUID()}%`];
  for (const key of [braces, spaced]) expect((await here.acquireLease(key, "a", TTL)).acquired).toBe(true);
  expect(await here.getLeaseOwner(`%7D%7B${braces.slice(2)}`)).toBeUndefined();
});

test("what can't be a key, an owner or a ttl is refused", async () => {
  const key = newKey();
  await expect(here.acquireLease("", "a", TTL)).rejects.toThrow(/^key must not be empty/);
  await expect(here.getLeaseOwner("\ud800")).rejects.toThrow(/^key must be well-formed/);
  await expect(here.acquireLease(key, undefined as never, TTL)).rejects.toThrow(/^owner must/);
  await expect(here.transferLease(key, "a", 1 as never, TTL)).rejects.toThrow(/^toOwner must/);
  for (const ttl of [0, 1.5, 2 ** 31]) await expect(here.acquireLease(key, "a", ttl)).rejects.toThrow(/^ttl must/);
  expect(() => leaseProvider(driver as never)).toThrow(/needs leases, such as/);
  expect(() => leaseProvider(createLeases(driver), { key: "k" as never })).toThrow(/^key must be a function/);
});

test("a key that a locker holds is nobody's lease, and is not free", async () => {
  const key = newKey();
  const lock = await createLocker(driver).acquire(lockOf(key));
  expect(await here.acquireLease(key, "a", TTL)).toEqual({ acquired: false });
  expect(await here.getLeaseOwner(key)).toBeUndefined();
  await here.releaseLease(key, "a");
  expect(lock.isHeld).toBe(true);
  await lock.release();
  const own = leaseProvider(createLeases(driver), { key: (name) => `own:${name}` });
  await own.acquireLease("k", "a", TTL);
  expect(await door.exists("own:k")).toBe(1);
});

describe("between a look at the holder and the step that follows it", () => {
  /** Leases of which one kind of request first lets something else happen, once. */
  function open() {
    const inner = inProcessDriver();
    const before: { [V in keyof Driver]?: () => Promise<unknown> } = {};
    const first = <V extends "extend" | "inspect" | "release">(verb: V): Driver[V] =>
      (async (request: never) => {
        const happens = before[verb];
        delete before[verb];
        await happens?.();
        return inner[verb]!(request);
      }) as Driver[V];
    const watched = { ...inner, extend: first("extend"), inspect: first("inspect"), release: first("release") };
    const [slow, quick, third] = [watched, inner, inner].map((driver) => leaseProvider(createLeases(driver))) as [
      LeaseProvider,
      LeaseProvider,
      LeaseProvider,
    ];
    return { before, slow, quick, third, key: "k" };
  }

  test("the lease may become free", async () => {
    const { before, slow, quick, key } = open();
    await quick.acquireLease(key, "a", TTL);
    before.extend = () => quick.releaseLease(key, "a");
    expect(await slow.renewLease(key, "a", TTL)).toBe(false);
    await quick.acquireLease(key, "a", TTL);
    before.inspect = () => quick.releaseLease(key, "a");
    expect(await slow.acquireLease(key, "b", TTL)).toEqual({ acquired: true, owner: "b" });
  });

  test("the lease may go to another owner, who keeps it", async () => {
    const { before, slow, quick, key } = open();
    await quick.acquireLease(key, "a", TTL);
    before.extend = () => quick.transferLease(key, "a", "b", TTL);
    expect(await slow.renewLease(key, "a", TTL)).toBe(false);
    before.release = () => quick.transferLease(key, "b", "c", TTL);
    await slow.releaseLease(key, "b");
    expect(await quick.getLeaseOwner(key)).toBe("c");
  });

  test("the lease may be acquired for the same owner by another process", async () => {
    const { before, slow, quick, third, key } = open();
    await quick.acquireLease(key, "a", TTL);
    before.extend = () => third.acquireLease(key, "a", TTL);
    expect(await slow.renewLease(key, "a", TTL)).toBe(true);
    before.release = () => quick.acquireLease(key, "a", TTL);
    await slow.releaseLease(key, "a"); // that came before the acquire
    expect(await quick.getLeaseOwner(key)).toBe("a");
  });
});

describe("a request that lands after it has failed", () => {
  function open() {
    const inner = inProcessDriver();
    const underWay: (() => Promise<unknown>)[] = [];
    let failing = false;
    const slow = <V extends "release" | "transfer">(verb: V): Driver[V] =>
      ((request: never) => {
        if (!failing) return inner[verb]!(request);
        underWay.push(() => inner[verb]!(request));
        return Promise.reject(new Error("Socket closed unexpectedly"));
      }) as Driver[V];
    return {
      provider: leaseProvider(createLeases({ ...inner, release: slow("release"), transfer: slow("transfer") })),
      async failed(call: () => Promise<unknown>) {
        failing = true;
        await expect(call()).rejects.toMatchObject({ code: "LOCK_BACKEND" });
        failing = false;
      },
      landed: () => Promise.all(underWay.map((request) => request())),
    };
  }

  const calls: Record<string, (provider: LeaseProvider) => Promise<unknown>> = {
    release: (provider) => provider.releaseLease("k", "a"),
    transfer: (provider) => provider.transferLease("k", "a", "b", TTL),
  };

  test.each(Object.entries(calls))("a %s takes nothing from an owner that has acquired since", async (_, call) => {
    const { provider, failed, landed } = open();
    await provider.acquireLease("k", "a", TTL);
    await failed(() => call(provider));
    expect(await provider.acquireLease("k", "a", TTL)).toEqual({ acquired: true, owner: "a" });
    expect((await landed()).length).toBeGreaterThan(0);
    expect(await provider.getLeaseOwner("k")).toBe("a");
  });
});

describe("an answer that is lost", () => {
  async function open() {
    const proxy = await startFaultProxy(server);
    const client = ioredis(proxy.port, { maxRetriesPerRequest: 0 });
    const inner = ioredisDriver(client);
    let losing: string | undefined;
    const lose = <V extends "acquire" | "extend" | "release" | "transfer">(verb: V): Driver[V] =>
      ((...args: [never, never]) => {
        if (losing === verb) void proxy.loseReply();
        losing = losing === verb ? undefined : losing;
        return inner[verb]!(...args);
      }) as Driver[V];
    const verbs = {
      acquire: lose("acquire"),
      extend: lose("extend"),
      release: lose("release"),
      transfer: lose("transfer"),
    };
    const far = leaseProvider(createLeases({ ...inner, ...verbs }));
    const warm = newKey(); // so that the lost answer is not about a script
    await far.acquireLease(warm, "a", TTL);
    await far.transferLease(warm, "a", "b", TTL);
    await far.releaseLease(warm, "b");
    warnings.length = 0;
    return {
      far,
      key: newKey(),
      /** Loses the answer of the next request of this kind, which is carried out. */
      async losing(verb: keyof typeof verbs, call: Promise<unknown>) {
        losing = verb;
        const failure = await call.catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: "LOCK_BACKEND" });
        expect(warnings).toContain(failure);
      },
      /** The requests that undo or repeat after a failure have arrived. */
      async settled(key: string) {
        await vi.waitFor(() => far.getLeaseOwner(key));
        for (let i = 0; i < 3; i++) await far.getLeaseOwner(key);
      },
      close: () => proxy.stop(),
    };
  }

  test("of an acquire: the owner can acquire at once in another process, and keeps the lease", async () => {
    const { far, key, losing, settled, close } = await open();
    await losing("acquire", far.acquireLease(key, "a", TTL));
    expect(await there.acquireLease(key, "a", TTL)).toEqual({ acquired: true, owner: "a" });
    await settled(key);
    expect(await there.renewLease(key, "a", TTL)).toBe(true);
    await close();
  });

  test("of an acquire by the owner of the lease: it keeps the lease, whichever request that was", async () => {
    for (const verb of ["acquire", "extend"] as const) {
      const { far, key, losing, settled, close } = await open();
      await far.acquireLease(key, "a", TTL);
      await losing(verb, far.acquireLease(key, "a", TTL));
      await settled(key);
      expect(await there.getLeaseOwner(key)).toBe("a");
      await close();
    }
  });

  test("of an acquire: the lease is soon free", async () => {
    const { far, key, losing, settled, close } = await open();
    await losing("acquire", far.acquireLease(key, "a", TTL));
    await settled(key);
    await vi.waitFor(async () => expect(await there.getLeaseOwner(key)).toBeUndefined());
    expect(await far.acquireLease(key, "a", TTL)).toEqual({ acquired: true, owner: "a" });
    await close();
  });

  test("of a release: the owner can acquire at once, and keeps the lease", async () => {
    const { far, key, losing, settled, close } = await open();
    await there.acquireLease(key, "a", TTL);
    await losing("release", far.releaseLease(key, "a"));
    expect(await there.acquireLease(key, "a", TTL)).toEqual({ acquired: true, owner: "a" });
    await settled(key);
    expect(await there.getLeaseOwner(key)).toBe("a");
    await close();
  });

  test("of a transfer: the new owner can acquire at once, as Mastra then does, and keeps the lease", async () => {
    const { far, key, losing, settled, close } = await open();
    await there.acquireLease(key, "a", TTL);
    await losing("transfer", far.transferLease(key, "a", "b", TTL));
    expect(await there.acquireLease(key, "b", TTL)).toEqual({ acquired: true, owner: "b" });
    await settled(key);
    expect(await there.getLeaseOwner(key)).toBe("b");
    await close();
  });
});
