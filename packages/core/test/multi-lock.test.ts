import { expect, test } from "vitest";
import { createLocker, type Driver, inProcessDriver } from "../src/index";

test("a lock of many keys that loses one releases each of the others once", async () => {
  const driver = inProcessDriver();
  const released: string[] = [];
  const watched: Driver = {
    ...driver,
    release(request) {
      released.push(request.key);
      return driver.release(request);
    },
  };
  const locker = createLocker(watched);
  const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
  const lock = await locker.acquire(keys);
  await driver.forceRelease({ key: "k7" });
  await expect(lock.extend()).rejects.toMatchObject({ code: "LOCK_LOST", key: "k7" });
  expect(released.toSorted()).toEqual(keys.toSorted());
  for (const key of keys) expect((await driver.inspect(key)).held).toBe(false);
});
