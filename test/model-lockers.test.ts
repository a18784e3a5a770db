import { expect, vi } from "vitest";
import { answeredAfter, answeredLate, type Fault, failed, lost, sentAfter, sleep, unanswered } from "./model/faults";
import {
  createDam,
  createGate,
  granted,
  isFree,
  isWaiting,
  noticed,
  type Stage,
  scenarios,
  until,
} from "./model/scenario";
import { CLAIM, HEARTBEAT } from "./model/times";
import type { Attempt } from "./model/world";

vi.mock("../packages/core/src/times", () => import("./model/times"));

const LONG = 5_000;
const FOR_EVER = { ttl: LONG, timeout: Number.POSITIVE_INFINITY };
const dropped = () => {};

/** `a` has it, `b` is the first that waits. */
async function oneWaits(stage: Stage): Promise<{ release: () => Promise<void>; waiter: Attempt }> {
  const lock = await granted(stage.attempt(stage.a, stage.key, FOR_EVER));
  const waiter = stage.attempt(stage.b, stage.key, FOR_EVER);
  await isWaiting(stage, 1);
  return { release: () => stage.release(lock), waiter };
}

/** `b` has waited before, so that its inbox is open when it asks again. */
async function listens(stage: Stage): Promise<void> {
  const { release, waiter } = await oneWaits(stage);
  await sleep(HEARTBEAT);
  await release();
  await stage.release(await granted(waiter));
}

/** The lock was handed over to `b`, whose claim ends before it hears of it: `c` has the lock now. */
async function missedIt(stage: Stage, meanwhile: () => Promise<void> = async () => {}): Promise<Attempt> {
  const { release, waiter } = await oneWaits(stage);
  await release();
  await meanwhile();
  await isFree(stage);
  await granted(stage.attempt(stage.c, stage.key, FOR_EVER));
  return waiter;
}

const stillWaits = async (waiter: Attempt): Promise<void> => {
  await sleep(20);
  expect(waiter.isWaiting).toBe(true);
};

scenarios({
  "a push that is older than the last answer is void": async (stage) => {
    const { b, redis, key } = stage;
    const dam = createDam();
    b.faults.nextPush(dam.fault);
    b.faults.always("heartbeat", lost(1));
    const waiter = await missedIt(stage);
    await redis.del(`{${key}}~fence`);
    const asked = createGate();
    b.faults.next("acquire", async (send) => {
      const reply = await send();
      setTimeout(asked.open, 1);
      return reply;
    });
    b.faults.always("heartbeat", async (send) => send());
    await asked.opened;
    dam.letGo();
    await stillWaits(waiter);
  },

  "a push that is older than the last heartbeat is void": async (stage) => {
    const { b, redis, key } = stage;
    const dam = createDam();
    const answered = createGate();
    const heard = createGate();
    b.faults.nextPush(dam.fault);
    b.faults.always("heartbeat", lost(1));
    const waiter = await missedIt(stage);
    await redis.del(`{${key}}~fence`);
    b.faults.next("acquire", answeredAfter(answered.opened));
    b.faults.always("heartbeat", async (send) => {
      const reply = await send();
      if ((reply as { states: string[] }).states[0] === "queued") setTimeout(heard.open, 1);
      return reply;
    });
    await heard.opened;
    dam.letGo();
    await stillWaits(waiter);
    answered.open();
  },

  "a push does not count from its arrival": async (stage) => {
    const dam = createDam();
    stage.b.faults.nextPush(dam.fault);
    stage.b.faults.always("heartbeat", lost(1));
    const waiter = await missedIt(stage);
    dam.letGo();
    await stillWaits(waiter);
  },

  "a request without an answer does not count": async (stage) => {
    const { a, b, c, key } = stage;
    await listens(stage);
    const dam = createDam();
    const gate = createGate();
    const second = noticed(sentAfter(gate.opened));
    b.faults.next("acquire", failed, second.fault);
    b.faults.nextPush(dam.fault);
    const lock = await granted(stage.attempt(a, key, FOR_EVER));
    const waiter = stage.attempt(b, key, FOR_EVER);
    await isWaiting(stage, 1);
    await stage.release(lock);
    await second.begun;
    await isFree(stage);
    await granted(stage.attempt(c, key, FOR_EVER));
    expect(dam.size).toBe(1);
    dam.letGo();
    await stillWaits(waiter);
    gate.open();
  },

  "a heartbeat's grant does not count from its answer": async (stage) => {
    const { b } = stage;
    const gate = createGate();
    const answered = createGate();
    b.faults.alwaysPush(dropped);
    b.faults.always("heartbeat", lost(1));
    const waiter = await missedIt(stage, async () => {
      b.faults.next("heartbeat", async (send) => {
        const reply = await send();
        answered.open();
        await gate.opened;
        return reply;
      });
      await answered.opened;
    });
    gate.open();
    await stillWaits(waiter);
  },

  "a grant does not count from its answer": async (stage) => {
    const { a, c, key } = stage;
    const gate = createGate();
    a.faults.next("acquire", answeredAfter(gate.opened));
    const late = stage.attempt(a, key, { ttl: 100, timeout: Number.POSITIVE_INFINITY });
    await until("it is granted", async () => (await stage.redis.exists(key)) === 1);
    await isFree(stage);
    await granted(stage.attempt(c, key, FOR_EVER));
    gate.open();
    await stillWaits(late);
  },

  "an extension does not count from its answer": async (stage) => {
    const { a, c, key } = stage;
    const lock = await granted(stage.attempt(a, key, { ttl: 400 }));
    a.faults.next("extend", answeredLate(250));
    await stage.extend(lock, 400);
    await isFree(stage);
    await granted(stage.attempt(c, key, FOR_EVER));
    await stage.look();
    expect(lock.isHeld).toBe(false);
  },

  "an extension never makes a lease shorter": async (stage) => {
    const lock = await granted(stage.attempt(stage.a, stage.key, { ttl: 300 }));
    await stage.extend(lock, LONG);
    await stage.extend(lock, 100);
    expect(lock.remaining()).toBeGreaterThan(LONG / 2);
  },

  "the holder counts on less than Redis gives": async (stage) => {
    const lock = await granted(stage.attempt(stage.a, stage.key, { ttl: 1_000 }));
    expect(lock.remaining()).toBeLessThanOrEqual(988);
  },

  "a lock that is lost stays lost, and what Redis extended is freed": async (stage) => {
    const { a, key } = stage;
    const gate = createGate();
    const lock = await granted(stage.attempt(a, key, { ttl: 150 }));
    a.faults.next("extend", answeredAfter(gate.opened));
    const extending = stage.extend(lock, LONG);
    await until("it is lost", () => !lock.isHeld);
    gate.open();
    await extending;
    await isFree(stage, 1_000);
    expect(lock.isHeld).toBe(false);
  },

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

  "who gives up leaves the queue": async (stage) => {
    const { waiter } = await oneWaits(stage);
    stage.attempt(stage.b, stage.key, FOR_EVER);
    await isWaiting(stage, 2);
    waiter.controller.abort();
    await waiter.ended;
    await isWaiting(stage, 1);
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

  "a late grant of a token that was given up is given back": async (stage) => {
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
    const waiter = stage.attempt(b, key, FOR_EVER);
    await isWaiting(stage, 1);
    await stage.release(lock);
    const handed = await granted(waiter);
    gate.open();
    await sleep(30);
    await stage.look();
    expect(handed.isHeld).toBe(true);
    expect(await stage.redis.get(key)).toBe(handed.token);
  },

  "a waiter whose token was forced out waits with another": async (stage) => {
    const { b, c, key } = stage;
    b.faults.alwaysPush(dropped);
    b.faults.always("heartbeat", lost(1));
    const { release, waiter } = await oneWaits(stage);
    await release();
    await c.driver.forceRelease(key);
    b.faults.always("heartbeat", async (send) => send());
    await granted(waiter);
  },

  "who was handed a lock extends it to its ttl": async (stage) => {
    const { release, waiter } = await oneWaits(stage);
    await release();
    const lock = await granted(waiter);
    await sleep(1.5 * CLAIM);
    expect(lock.remaining()).toBeGreaterThan(LONG / 2);
    await stage.look();
  },

  "who is forced out is told at once": async (stage) => {
    const { release, waiter } = await oneWaits(stage);
    await release();
    const lock = await granted(waiter);
    await sleep(HEARTBEAT);
    await stage.c.locker.forceRelease(stage.key);
    await until("its signal aborts", () => lock.signal.aborted, 1_000);
  },
});
