import { AsyncLocalStorage } from "node:async_hooks";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { createLocker, type Driver, inProcessDriver } from "../src/index";

/** All keys that can be reached from the object, apart from those that every object has. */
function reachable(value: object): Set<PropertyKey> {
  const keys = new Set<PropertyKey>();
  for (let at = value; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) keys.add(key);
  }
  return keys;
}

test("a lock has the members that are documented, and no others", async () => {
  const locker = createLocker(inProcessDriver());
  const both = ["token", "signal", "isHeld", "remaining", "extend", "release", Symbol.asyncDispose];
  const hidden = ["constructor", inspect.custom];
  const one = await locker.acquire("k");
  expect(reachable(one)).toEqual(new Set([...both, ...hidden, "key", "fence"]));
  const several = await locker.acquire(["a", "b"]);
  expect(reachable(several)).toEqual(new Set([...both, ...hidden, "keys", "fences"]));
  for (const lock of [one, several]) expect(Object.keys(lock)).not.toContain("token");
});

test("a lock's methods work when they are passed on alone", async () => {
  const locker = createLocker(inProcessDriver());
  const { extend, remaining, release } = await locker.acquire("k");
  await extend(60_000);
  expect(remaining()).toBeGreaterThan(50_000);
  await release();
  expect((await locker.inspect("k")).held).toBe(false);
});

test("the inbox does not belong to the context of the first waiter", async () => {
  const storage = new AsyncLocalStorage<string>();
  const inner = inProcessDriver();
  let seen: unknown = "not opened";
  const driver: Driver = {
    ...inner,
    queue: {
      ...inner.queue!,
      listen(...listening) {
        seen = storage.getStore();
        return inner.queue!.listen(...listening);
      },
    },
  };
  const locker = createLocker(driver);
  const first = await locker.acquire("k");
  const second = storage.run("a request", () => locker.acquire("k"));
  while ((await locker.inspect("k")).waiting === 0);
  await first.release();
  await (await second).release();
  expect(seen).toBeUndefined();
  await locker.close();
});
