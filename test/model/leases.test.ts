import { expect, vi } from "vitest";
import { answeredAfter, answeredLate, failed, lost, sentAfter, sleep, unanswered } from "./faults";
import {
  createDam,
  createGate,
  FOR_EVER,
  granted,
  isFree,
  isWaiting,
  LONG,
  listens,
  noticed,
  oneWaits,
  type Stage,
  scenarios,
  until,
} from "./scenario";
import { CLAIM } from "./times";
import type { Attempt } from "./world";

vi.mock("../../packages/core/src/driver/times", () => import("./times"));

const dropped = () => {};

/** The lock was handed over to `b`, whose claim ends before the message arrives: `c` has the lock now. */
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
  "a push that is older than the last reply is void": async (stage) => {
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

  "a floor from before the server's clock was set back is forgotten with the next answer": async (stage) => {
    const { b } = stage;
    const heard = createGate();
    b.faults.next("acquire", async <R>(send: () => Promise<R>) => {
      const reply = await send();
      return { ...reply, floor: (reply as { floor: number }).floor + 3_600_000_000 };
    });
    b.faults.next("heartbeat", async (send) => {
      const reply = await send();
      setTimeout(heard.open, 1);
      return reply;
    });
    const { release, waiter } = await oneWaits(stage);
    await heard.opened;
    b.faults.always("heartbeat", unanswered);
    await release();
    await granted(waiter);
  },

  "a push does not count from its arrival": async (stage) => {
    const dam = createDam();
    stage.b.faults.nextPush(dam.fault);
    stage.b.faults.always("heartbeat", lost(1));
    const waiter = await missedIt(stage);
    dam.letGo();
    await stillWaits(waiter);
  },

  "a request without a reply does not count": async (stage) => {
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

  "a heartbeat's grant does not count from its reply": async (stage) => {
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

  "a grant does not count from its reply": async (stage) => {
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

  "an extension does not count from its reply": async (stage) => {
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
    const lock = await granted(stage.attempt(stage.a, stage.key, { ttl: 3_000 }));
    await stage.extend(lock, LONG);
    await stage.extend(lock, 100);
    expect(lock.remaining()).toBeGreaterThan(LONG / 2);
  },

  "the holder counts on less than Redis grants": async (stage) => {
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

  "the holder of a handed-over lock extends it to its ttl": async (stage) => {
    const { release, waiter } = await oneWaits(stage);
    await release();
    const lock = await granted(waiter);
    await sleep(1.5 * CLAIM);
    expect(lock.remaining()).toBeGreaterThan(LONG / 2);
    await stage.look();
  },
});
