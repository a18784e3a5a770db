import { stat } from "node:fs";
import { expect, test } from "vitest";
import { createLocker, inProcessDriver } from "../src/index";

const stall = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test("after a stall of the event loop, an answer that has arrived counts before the wait ends", async () => {
  const driver = inProcessDriver();
  const locker = createLocker({
    ...driver,
    // As a socket does: the answer has arrived during the stall, and is read behind the timers.
    async acquire(request, call) {
      const reply = await driver.acquire(request, call);
      await new Promise((resolve) => stat("/", resolve));
      return reply;
    },
  });
  const waiting = locker.acquire("k", { timeout: 30 });
  await new Promise(process.nextTick);
  stall(60);
  const lock = await waiting;
  expect(lock.isHeld).toBe(true);
  await lock.release();
});
