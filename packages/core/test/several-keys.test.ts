import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createLocker, inProcessDriver } from "../src/index";

const TTL = 10_000;

test("several keys are taken in one order, whatever order the caller lists them in", async () => {
  const locker = createLocker(inProcessDriver());
  for (const keys of [
    ["a", "b", "c"],
    ["c", "a", "b", "a"],
  ]) {
    const lock = await locker.acquire(keys);
    expect(lock.keys).toEqual(["a", "b", "c"]);
    await lock.release();
  }
});

test("several keys that were waited for have a whole ttl and a fence each: the claim of one is not enough", async () => {
  const driver = inProcessDriver();
  const [here, there] = [createLocker(driver), createLocker(driver)];
  const held = await here.acquire("b");
  const waiting = there.acquire(["a", "b"], { ttl: TTL });
  while ((await driver.inspect("b")).waiting === 0) await turn();
  await held.release();
  const lock = await waiting;
  for (const key of ["a", "b"]) {
    const { token, fence, remaining } = await driver.inspect(key);
    expect([token, fence]).toEqual([lock.token, lock.fences.get(key)]);
    expect(remaining).toBeGreaterThan(TTL / 2);
  }
  expect(lock.remaining()).toBeGreaterThan(TTL / 2);
  await lock.release();
});
