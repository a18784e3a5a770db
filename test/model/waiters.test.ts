import { expect, vi } from "vitest";
import { waitersOf } from "../support/queue-key";
import { sentAfter, sleep, unanswered } from "./faults";
import { createGate, FOR_EVER, granted, isWaiting, LONG, noticed, oneWaits, scenarios, until } from "./scenario";
import { HEARTBEAT } from "./times";

vi.mock("../../packages/core/src/driver/times", () => import("./times"));

const dropped = () => {};

scenarios({
  "a heartbeat without an answer holds up no other": async (stage) => {
    const { b } = stage;
    b.faults.alwaysPush(dropped);
    const silent = noticed(unanswered);
    b.faults.next("heartbeat", silent.fault);
    const { release, waiter } = await oneWaits(stage);
    await silent.begun;
    // Answered or not, the server has had it.
    await sleep(10);
    await release();
    await granted(waiter);
  },

  "a hand-over whose message was lost is found by heartbeat": async (stage) => {
    stage.b.faults.alwaysPush(dropped);
    const { release, waiter } = await oneWaits(stage);
    await release();
    await granted(waiter);
  },

  "an outage costs heartbeats once, and not per second": async (stage) => {
    const { b } = stage;
    const { release, waiter } = await oneWaits(stage);
    let unsettled = 0;
    b.faults.always("heartbeat", () => {
      unsettled++;
      return new Promise(() => {});
    });
    await sleep(30 * HEARTBEAT);
    expect(unsettled).toBeGreaterThan(3);
    expect(unsettled).toBeLessThan(12);
    b.faults.clear();
    await release();
    await granted(waiter);
  },

  "a listener that receives nothing is replaced": async (stage) => {
    const { a, b, key } = stage;
    b.faults.alwaysPush(dropped);
    for (let round = 0; b.listeners < 2; round++) {
      expect(round).toBeLessThan(20);
      const lock = await granted(stage.attempt(a, key, FOR_EVER));
      const waiter = stage.attempt(b, key, FOR_EVER);
      await isWaiting(stage, 1);
      await sleep(HEARTBEAT);
      await stage.release(lock);
      await stage.release(await granted(waiter));
    }
  },

  "waiters that the server forgot come back to their places": async (stage) => {
    const { b, c, key, redis } = stage;
    const { waiter: first } = await oneWaits(stage);
    const second = stage.attempt(c, key, FOR_EVER);
    await isWaiting(stage, 2);
    const gate = createGate();
    b.faults.always("heartbeat", sentAfter(gate.opened));
    await sleep(10);
    await stage.forget(key);
    await redis.set(key, "somebody", "PX", LONG);
    await isWaiting(stage, 1);
    gate.open();
    await isWaiting(stage, 2);
    await stage.rob(key);
    const lock = await granted(first);
    expect(second.isWaiting).toBe(true);
    await stage.release(lock);
    await granted(second);
  },

  "a waiter whose token is dead waits with another": async (stage) => {
    const { c, key, redis } = stage;
    const { release, waiter } = await oneWaits(stage);
    const [token] = await waitersOf(redis, key);
    await c.driver.release({ key, token: token!, tombstone: true });
    await isWaiting(stage, 1);
    expect((await waitersOf(redis, key))[0]).not.toBe(token);
    await release();
    await granted(waiter);
  },

  "a holder that is forced out is notified at once": async (stage) => {
    const { release, waiter } = await oneWaits(stage);
    await release();
    const lock = await granted(waiter);
    await sleep(HEARTBEAT);
    await stage.c.locker.forceRelease(stage.key);
    await until("its signal aborts", () => lock.signal.aborted, 1_000);
  },
});
