import { randomUUID } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { createLeases, createLocker, type Driver, inProcessDriver } from "../src/index";

const TTL = 20_000;
const stall = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** A driver of which one call can be made to go wrong; all that was asked of it is kept. */
function open() {
  const inner = inProcessDriver();
  const asked: [verb: string, request: unknown][] = [];
  const faults: { -readonly [Verb in keyof Driver]?: (run: () => Promise<never>) => Promise<never> } = {};
  const calls = Object.entries(inner).filter(([, call]) => typeof call === "function");
  const watched = Object.fromEntries(
    calls.map(([verb, call]) => [
      verb,
      (...args: unknown[]) => {
        asked.push([verb, args[0]]);
        const run = () => (call as (...args: unknown[]) => Promise<never>)(...args);
        const fault = faults[verb as keyof Driver];
        delete faults[verb as keyof Driver];
        return fault ? fault(run) : run();
      },
    ]),
  ) as unknown as Driver;
  return { inner, asked, faults, leases: createLeases(watched), key: "k", token: randomUUID(), next: randomUUID() };
}

const lostReply = async (run: () => Promise<unknown>): Promise<never> => {
  await run();
  throw new Error("Socket closed unexpectedly");
};

/** Does nothing until it is started; then as `run`. */
function held() {
  let land!: () => Promise<unknown>;
  const fault = (run: () => Promise<never>) =>
    new Promise<never>((resolve, reject) => {
      land = () => run().then(resolve, reject);
    });
  return { fault, land: () => land() };
}

const isBackendError = { code: "LOCK_BACKEND" };
const settledSoon = () => new Promise((resolve) => setImmediate(resolve));

test("a lease is acquired, confirmed, extended, transferred and released, by tokens that the caller chooses", async () => {
  const { leases, inner, key, token, next } = open();
  const first = await leases.acquire({ key, token, ttl: TTL });
  expect(first).toEqual({ status: "granted", fence: expect.any(Number) });
  expect(await leases.acquire({ key, token, ttl: TTL })).toEqual(first);
  expect(await leases.acquire({ key, token: next, ttl: TTL })).toEqual({
    status: "held",
    remaining: expect.any(Number),
  });
  expect(await leases.holder(key)).toEqual({ ...first, status: undefined, token, remaining: expect.any(Number) });
  expect(await leases.extend({ key, token, ttl: 3 * TTL })).toBe("held");
  expect((await leases.holder(key))?.remaining).toBeGreaterThan(2 * TTL);
  const second = await leases.transfer({ key, from: token, to: next, ttl: TTL });
  expect(second).toEqual({ status: "granted", fence: expect.any(Number) });
  expect(await leases.transfer({ key, from: token, to: next, ttl: TTL })).toEqual(second);
  expect(await leases.transfer({ key, from: token, to: "third", ttl: TTL })).toEqual({ status: "lost" });
  expect(await leases.acquire({ key, token, ttl: TTL })).toEqual({ status: "dead" });
  expect(await leases.extend({ key, token, ttl: TTL })).toBe("lost");
  expect(await leases.release({ key, token: next })).toBe("released");
  expect(await leases.release({ key, token: next })).toBe("released");
  expect(await leases.release({ key, token: "third" })).toBe("lost");
  expect(await leases.holder(key)).toBeNull();
  expect(await leases.forceRelease(key)).toBe(false);
  const lock = await createLocker(inner).acquire(key);
  expect((await leases.holder(key))?.token).toBe(lock.token);
  expect(await leases.forceRelease(key)).toBe(true);
  expect(await leases.holder(key)).toBeNull();
});

test("each call sends one request, and no request waits", async () => {
  const { leases, inner, asked, key, token } = open();
  await inner.acquire({ keys: [key], token: "other", ttl: TTL }, { abandoned: false });
  expect((await leases.acquire({ key, token, ttl: TTL })).status).toBe("held");
  expect(await leases.release({ key, token })).toBe("lost");
  expect(asked).toEqual([
    ["acquire", { keys: [key], token, ttl: TTL }],
    ["release", { key, token, tombstone: false }],
  ]);
  expect((await inner.inspect(key)).waiting).toBe(0);
});

describe("a lease that nobody could know of is given up", () => {
  test("when the answer to its acquire is lost", async () => {
    const { leases, inner, faults, key, token } = open();
    faults.acquire = lostReply;
    await expect(leases.acquire({ key, token, ttl: TTL })).rejects.toMatchObject(isBackendError);
    await settledSoon();
    expect((await inner.inspect(key)).held).toBe(false);
    expect(await leases.acquire({ key, token, ttl: TTL })).toEqual({ status: "dead" });
    expect((await leases.acquire({ key, token: randomUUID(), ttl: TTL })).status).toBe("granted");
  });

  test("when the answer to its transfer is lost", async () => {
    const { leases, inner, faults, key, token, next } = open();
    await leases.acquire({ key, token, ttl: TTL });
    faults.transfer = lostReply;
    await expect(leases.transfer({ key, from: token, to: next, ttl: TTL })).rejects.toMatchObject(isBackendError);
    await settledSoon();
    expect((await inner.inspect(key)).held).toBe(false);
  });

  test("when its transfer comes late: the old token then keeps the lock", async () => {
    const { leases, inner, faults, key, token, next } = open();
    await leases.acquire({ key, token, ttl: TTL });
    const { fault, land } = held();
    faults.transfer = fault;
    await expect(leases.transfer({ key, from: token, to: next, ttl: 50 })).rejects.toMatchObject(isBackendError);
    expect(await land()).toBeUndefined();
    expect(await inner.inspect(key)).toMatchObject({ token });
  });

  test("when its acquire comes late", async () => {
    const { leases, inner, asked, faults, key, token } = open();
    const { fault, land } = held();
    faults.acquire = fault;
    await expect(leases.acquire({ key, token, ttl: 50 })).rejects.toThrow(
      /acquire got no answer from Redis within 50 ms/,
    );
    await land();
    expect((await inner.inspect(key)).held).toBe(false);
    expect(asked.filter(([verb]) => verb === "release")).toEqual([["release", { key, token, tombstone: true }]]);
  });

  test("when it answers after it was given up: once more", async () => {
    const { leases, inner, faults, key, token } = open();
    let answer!: (reply: never) => void;
    faults.acquire = () => new Promise((resolve) => (answer = resolve));
    await expect(leases.acquire({ key, token, ttl: 50 })).rejects.toMatchObject(isBackendError);
    const release = vi.fn(inner.release);
    faults.release = () => release({ key, token, tombstone: true }) as Promise<never>;
    answer({ status: "granted", fences: [1] } as never);
    await settledSoon();
    expect(release).toHaveBeenCalledOnce();
  });

  test("when this process was frozen until it was over", async () => {
    const { leases, inner, faults, key, token } = open();
    faults.acquire = async (run) => {
      const reply = await run();
      stall(120);
      return reply;
    };
    await expect(leases.acquire({ key, token, ttl: 100 })).rejects.toMatchObject(isBackendError);
    await settledSoon();
    expect(await inner.acquire({ keys: [key], token, ttl: TTL }, { abandoned: false })).toEqual({
      status: "dead",
      key,
    });
  });
});

test("an acquire that is given up is not sent again by the driver", async () => {
  const { inner, key, token } = open();
  let abandoned: () => boolean = () => false;
  const driver: Driver = {
    ...inner,
    acquire(_, call) {
      abandoned = () => call.abandoned;
      return new Promise(() => {});
    },
  };
  const attempt = createLeases(driver).acquire({ key, token, ttl: 50 });
  expect(abandoned()).toBe(false);
  await expect(attempt).rejects.toMatchObject(isBackendError);
  expect(abandoned()).toBe(true);
});

test("after a release, an acquire of the token that was under way is refused when it lands", async () => {
  const { leases, inner, faults, key, token } = open();
  const { fault, land } = held();
  faults.acquire = fault;
  const attempt = leases.acquire({ key, token, ttl: TTL });
  expect(await leases.release({ key, token })).toBe("lost");
  await land();
  expect(await attempt).toEqual({ status: "dead" });
  expect((await inner.inspect(key)).held).toBe(false);
});

test("a release that fails is repeated, and frees no later lease", async () => {
  const { leases, inner, faults, key, token } = open();
  await leases.acquire({ key, token, ttl: TTL });
  faults.release = async () => {
    throw new Error("Socket closed unexpectedly");
  };
  await expect(leases.release({ key, token })).rejects.toMatchObject(isBackendError);
  await settledSoon();
  expect((await inner.inspect(key)).held).toBe(false);
});

test("an extension that fails does not change the known lease", async () => {
  const { leases, inner, faults, key, token } = open();
  await leases.acquire({ key, token, ttl: TTL });
  faults.extend = lostReply;
  await expect(leases.extend({ key, token, ttl: TTL })).rejects.toMatchObject(isBackendError);
  expect((await inner.inspect(key)).token).toBe(token);
});

test("looks that fail are failures, and no answers", async () => {
  const { leases, faults, key } = open();
  faults.inspect = lostReply;
  await expect(leases.holder(key)).rejects.toMatchObject(isBackendError);
  faults.forceRelease = lostReply;
  await expect(leases.forceRelease(key)).rejects.toMatchObject(isBackendError);
});

test("bad keys, tokens and ttls are refused by name before anything is sent", async () => {
  const { leases, asked, token } = open();
  const ttl = TTL;
  for (const key of ["", "a}b", 7 as never]) {
    for (const call of [
      () => leases.acquire({ key, token, ttl }),
      () => leases.extend({ key, token, ttl }),
      () => leases.release({ key, token }),
      () => leases.transfer({ key, from: token, to: "other", ttl }),
      () => leases.holder(key),
      () => leases.forceRelease(key),
    ]) {
      await expect(call).rejects.toThrow(/^key /);
    }
  }
  for (const bad of ["", "\ud800", 7 as never, null as never]) {
    await expect(leases.acquire({ key: "k", token: bad, ttl })).rejects.toThrow(/^token must/);
    await expect(leases.extend({ key: "k", token: bad, ttl })).rejects.toThrow(/^token must/);
    await expect(leases.release({ key: "k", token: bad })).rejects.toThrow(/^token must/);
    await expect(leases.transfer({ key: "k", from: bad, to: token, ttl })).rejects.toThrow(/^from must/);
    await expect(leases.transfer({ key: "k", from: token, to: bad, ttl })).rejects.toThrow(/^to must/);
  }
  await expect(leases.transfer({ key: "k", from: token, to: token, ttl })).rejects.toThrow(RangeError);
  for (const bad of [0, 2, 1.5, 2 ** 31, "5" as never]) {
    await expect(leases.acquire({ key: "k", token, ttl: bad })).rejects.toThrow(/^ttl must/);
    await expect(leases.extend({ key: "k", token, ttl: bad })).rejects.toThrow(/^ttl must/);
    await expect(leases.transfer({ key: "k", from: token, to: "other", ttl: bad })).rejects.toThrow(/^ttl must/);
  }
  expect(asked).toEqual([]);
  expect(() => createLeases({} as never)).toThrow(/createLeases needs a driver/);
});

test("inspect of a locker does not show the holder's token", async () => {
  const { inner, key, token } = open();
  await inner.acquire({ keys: [key], token, ttl: TTL }, { abandoned: false });
  expect(Object.keys(await createLocker(inner).inspect(key)).sort()).toEqual([
    "fence",
    "held",
    "holder",
    "remaining",
    "waiters",
    "waiting",
  ]);
});
