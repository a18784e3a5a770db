import { expect, vi } from "vitest";
import { queueOf } from "../support/queue-key";
import { type Fault, lost, sentAfter, sleep } from "./faults";
import { createGate, FOR_EVER, granted, isFree, isWaiting, listens, oneWaits, scenarios, until } from "./scenario";

vi.mock("../../packages/core/src/driver/times", () => import("./times"));

scenarios({
  "a waiter that gives up leaves the queue": async (stage) => {
    const { waiter } = await oneWaits(stage);
    stage.attempt(stage.b, stage.key, FOR_EVER);
    await isWaiting(stage, 2);
    waiter.controller.abort();
    await waiter.ended;
    await isWaiting(stage, 1);
  },

  "a waiter that gives up leaves the queue, even if its release is lost at first": async (stage) => {
    const { a, b, key, redis } = stage;
    const { token } = await granted(stage.attempt(a, key, FOR_EVER));
    const waiter = stage.attempt(b, key, FOR_EVER);
    stage.attempt(b, key, FOR_EVER);
    await isWaiting(stage, 2);
    b.faults.next("release", lost(1));
    waiter.controller.abort();
    await waiter.ended;
    await isWaiting(stage, 1);
    expect(await redis.get(key), "it left, and was not granted").toBe(token);
  },

  "an acquire that lands after it was given up is refused": async (stage) => {
    const { b, key, redis } = stage;
    const gate = createGate();
    const landed = createGate();
    b.faults.next("acquire", async (send) => {
      await gate.opened;
      await send().catch(() => {});
      landed.open();
      return new Promise(() => {}); // the client gave up on the answer
    });
    const attempt = stage.attempt(b, key, FOR_EVER);
    await sleep(1);
    attempt.controller.abort();
    await attempt.ended;
    await sleep(20); // its release arrives
    gate.open();
    await landed.opened;
    expect(await redis.get(key)).toBeNull();
  },

  "an acquire that was given up is not sent again": async (stage) => {
    const { b, key, redis } = stage;
    const evals = async () => Number((await redis.info("commandstats")).match(/cmdstat_eval:calls=(\d+)/)?.[1] ?? 0);
    await stage.release(await granted(stage.attempt(b, key, FOR_EVER)));
    await redis.script("FLUSH");
    const before = await evals();
    const attempt = stage.attempt(b, key, FOR_EVER);
    for (let turn = 0; turn < 2; turn++) await new Promise(process.nextTick);
    attempt.controller.abort();
    await attempt.ended;
    await until("it is undone", async () => (await redis.type(queueOf(key))) === "zset");
    expect(await evals()).toBe(before + 1); // the release
  },

  "a late grant of a token that was given up is released": async (stage) => {
    const { b, key } = stage;
    const gate = createGate();
    b.faults.next("acquire", sentAfter(gate.opened));
    const attempt = stage.attempt(b, key, FOR_EVER);
    await sleep(1);
    attempt.controller.abort();
    await attempt.ended;
    await until("its tombstone is there", async () => (await stage.redis.keys(`*${key}*`)).length > 0);
    await stage.forget(key);
    gate.open();
    await sleep(20);
    await isFree(stage, 1_000);
  },

  "a late answer undoes no lock": async (stage) => {
    const { a, b, key } = stage;
    await listens(stage);
    const lock = await granted(stage.attempt(a, key, FOR_EVER));
    const gate = createGate();
    const again: Fault = async (send) => {
      await send();
      await gate.opened;
      return send(); // the copy is answered "granted"
    };
    b.faults.next("acquire", again);
    // If its lock were undone before the caller has it, the call would wait for another one.
    let releases = 0;
    b.faults.always("release", (send) => {
      releases++;
      return send();
    });
    const waiter = stage.attempt(b, key, FOR_EVER);
    await isWaiting(stage, 1);
    await stage.release(lock);
    const handed = await granted(waiter);
    gate.open();
    await sleep(30);
    await stage.look();
    expect(handed.isHeld).toBe(true);
    expect(await stage.redis.get(key)).toBe(handed.token);
    expect(releases).toBe(0);
  },
});
