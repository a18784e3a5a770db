import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { createLocker, type Driver, inProcessDriver } from "../src/index";

test("a lock's methods work when they are passed on alone", async () => {
  const locker = createLocker(inProcessDriver());
  const { extend, remaining, release } = await locker.acquire("k");
  await extend(60_000);
  expect(remaining()).toBeGreaterThan(50_000);
  await release();
  expect((await locker.inspect("k")).held).toBe(false);
});

test("the inbox does not belong to the context of who waited first", async () => {
  const storage = new AsyncLocalStorage<string>();
  const inner = inProcessDriver();
  let seen: unknown = "not opened";
  const driver: Driver = {
    ...inner,
    listen(...listening) {
      seen = storage.getStore();
      return inner.listen!(...listening);
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
