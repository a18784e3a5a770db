import { describe, expect, onTestFinished, test } from "vitest";
import { realClock, useClock } from "../src/driver/clock";
import { now } from "../src/driver/lease";
import { type AcquireRequest, DriverError } from "../src/for-drivers";
import type { Driver, LockOptions } from "../src/index";
import { Candidate } from "../src/locker/acquire/candidate";
import { Mailbox } from "../src/locker/acquire/mailbox";
import { retry } from "../src/locker/acquire/retry";
import type { WaitEvent } from "../src/locker/acquire/wait-event";
import { createWaitForSeveral } from "../src/locker/acquire/wait-for-several";
import { waitInQueue } from "../src/locker/acquire/wait-in-queue";
import { defaultsFor, resolveOptions } from "../src/locker/options";
import { PlaceReport } from "../src/locker/queue/place-report";
import { Waiter } from "../src/locker/queue/waiter";

/** A candidate whose requests are only noted, and never answered but by the events of the test. */
function stage(keys: readonly string[], given: LockOptions) {
  const sent: AcquireRequest[] = [];
  const givenUp: { key: string; token: string; tombstone: boolean | undefined }[] = [];
  const note = (request: AcquireRequest) => {
    sent.push(request);
    return new Promise<never>(() => {});
  };
  const abilities = { canQueue: true, canReplicate: true };
  const options = resolveOptions(abilities, defaultsFor(abilities), given);
  const mailbox = new Mailbox<WaitEvent>(Number.POSITIVE_INFINITY, undefined, new Set());
  const candidate = new Candidate(
    keys,
    options,
    {
      driver: { acquire: note } as Partial<Driver> as Driver,
      inbox: "inbox",
      queue: {
        enter: (token, box) => new Waiter(token, box, new PlaceReport(true)),
        queued: (waiter, _key, at, reply) => waiter.enqueued(at, reply),
        leave() {},
        retire() {},
        listen() {},
        unlisten() {},
        close: async () => {},
      },
      giveUpToken: async (key, token, outstanding) =>
        void givenUp.push({ key, token, tombstone: outstanding?.tombstone }),
      openReplicator: () => expect.unreachable(),
      pendingWaits: new Set(),
    },
    mailbox,
  );
  candidate.send();
  const read = (strategy: typeof retry) => (event: WaitEvent) => {
    candidate.read(event);
    return strategy(candidate, event);
  };
  return { candidate, mailbox, sent, givenUp, read };
}

const queued = { status: "queued", key: "k", remaining: 1_000, ticket: 7, floor: 5, head: true } as const;
const push = (deadline: number) => ({ status: "push", fence: 9, deadline }) as const;
const failed = (error: Error) => ({ status: "failed", error }) as const;
const rested = { status: "rested" } as const;

describe("a waiter for one key", () => {
  const wait = () => {
    const staged = stage(["k"], {});
    return { ...staged, on: staged.read(waitInQueue) };
  };

  test("listens once it is queued, and begins on the claim of a push", () => {
    const { on, sent } = wait();
    expect(on(queued)).toBeUndefined();
    const deadline = now() + 1_000;
    const grant = { fences: [9], deadline, claimed: true, queued: true, outcomeUnknown: false };
    expect(on(push(deadline))).toMatchObject(grant);
    expect(sent).toHaveLength(1);
  });

  test("knows that the request may be granted too, if the push comes before the reply", () => {
    const { on } = wait();
    expect(on(push(now() + 1_000))).toMatchObject({ claimed: true, outcomeUnknown: true });
  });

  test("asks again with its ticket when a push may be over", () => {
    const { on, sent } = wait();
    on(queued);
    expect(on(push(0))).toBeUndefined();
    expect(sent).toMatchObject([{ place: { ticket: 0 } }, { place: { ticket: 7 }, token: sent[0]!.token }]);
  });

  test("asks again at once when the reply came after its lease, then after pauses", async () => {
    const { on, sent, mailbox } = wait();
    const began = now();
    const pass = (ms: number) => useClock({ ...realClock, now: () => began + ms });
    onTestFinished(() => useClock());
    pass(60_000);
    expect(on({ status: "granted", fences: [9] })).toBeUndefined();
    expect(sent).toHaveLength(2);
    pass(180_000);
    expect(on({ status: "granted", fences: [9] })).toBeUndefined();
    expect(sent).toHaveLength(2);
    useClock();
    expect(await mailbox.next()).toEqual(rested);
    on(rested);
    expect(sent).toHaveLength(3);
    expect(on({ status: "granted", fences: [9] })).toMatchObject({ claimed: false, outcomeUnknown: true });
  });

  test("takes a new token when its own is dead", () => {
    const { on, sent, givenUp } = wait();
    on(queued);
    on({ status: "dead", key: "k" });
    expect(sent).toMatchObject([{ place: { ticket: 0 } }, { place: { ticket: 0 } }]);
    expect(sent[0]!.token).not.toBe(sent[1]!.token);
    expect(givenUp).toEqual([]);
  });

  test("pauses after a failure, and gives up after a refusal", async () => {
    const { on, sent, mailbox } = wait();
    on(failed(new Error("ECONNRESET")));
    expect(sent).toHaveLength(1);
    expect(await mailbox.next()).toEqual(rested);
    on(rested);
    expect(sent).toMatchObject([{ token: sent[1]!.token }, {}]);
    const refusal = new DriverError("NOPERM no permissions", { retryable: false });
    expect(() => on(failed(refusal))).toThrow(/NOPERM/);
  });
});

describe("a waiter for several keys", () => {
  const wait = () => {
    const staged = stage(["a", "b", "c"], { ttl: 90 });
    return { ...staged, on: staged.read(createWaitForSeveral()) };
  };

  test("asks at a push, but after the reply that is due, which may be older", () => {
    const { on, sent } = wait();
    on(push(now() + 1_000));
    expect(sent).toHaveLength(1);
    on({ ...queued, key: "a" });
    expect(sent).toHaveLength(2);
    on({ ...queued, key: "a" });
    expect(sent).toHaveLength(2);
    on(push(now() + 1_000));
    expect(sent).toHaveLength(3);
  });

  test("asks again in time to extend what it has", async () => {
    const { on, candidate, mailbox } = wait();
    on({ ...queued, key: "a" });
    expect(candidate.mayHoldSome).toBe(false);
    on(push(0));
    on({ ...queued, key: "b" });
    expect(candidate.mayHoldSome).toBe(true);
    // Timers of one process ring in the order in which they are due, however late.
    const late = new Promise((resolve) => setTimeout(resolve, 80));
    expect(await Promise.race([mailbox.next(), late])).toEqual(rested);
  });

  test("enters the next queue with the same token, at its end", () => {
    const { on, sent } = wait();
    on({ ...queued, key: "a" });
    on(push(0));
    on({ ...queued, key: "b", ticket: 3 });
    on(rested);
    expect(sent).toMatchObject([
      { place: { key: "a", ticket: 0 } },
      { place: { key: "a", ticket: 7 } },
      { place: { key: "b", ticket: 3 } },
    ]);
    expect(new Set(sent.map(({ token }) => token)).size).toBe(1);
  });

  test("begins with a new token when a key that it had was lost", () => {
    const { on, sent, givenUp } = wait();
    on({ ...queued, key: "b" });
    on(rested);
    on({ ...queued, key: "a" });
    const [first, , third] = sent;
    expect(third!.token).not.toBe(first!.token);
    expect(givenUp).toEqual(["a", "b", "c"].map((key) => ({ key, token: first!.token, tombstone: false })));
  });
});

test("a waiter asks again after a pause if a driver takes it into no queue, and with a new token for several keys", async () => {
  for (const keys of [["k"], ["k", "l"]]) {
    const { candidate, mailbox, sent, read } = stage(keys, {});
    const on = read(keys.length === 1 ? waitInQueue : createWaitForSeveral());
    expect(on({ status: "held", key: "k", remaining: 1_000 })).toBeUndefined();
    expect(sent).toHaveLength(1);
    expect(await mailbox.next()).toEqual(rested);
    on(rested);
    expect(sent).toHaveLength(2);
    expect(sent[1]!.token === sent[0]!.token).toBe(keys.length === 1);
    expect(candidate.diagnosis.notAcquired().attempts).toBe(2);
  }
});

describe("a call that retries", () => {
  const wait = (keys: readonly string[], options: LockOptions = {}) => {
    const staged = stage(keys, { maxAttempts: 3, retryDelay: 1, ...options });
    return { ...staged, on: staged.read(retry) };
  };
  const held = { status: "held", key: "k", remaining: 1_000 } as const;

  test("asks as often as it may, with one token for one key", () => {
    const { on, sent } = wait(["k"]);
    for (let i = 0; i < 2; i++) {
      on(held);
      on(rested);
    }
    expect(() => on(held)).toThrow(/after 3 attempts/);
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ token }) => token)).size).toBe(1);
    expect(sent[0]).toMatchObject({ place: undefined });
  });

  test("takes a new token for several keys each time, and gives up what a failed request may have got", () => {
    const { on, sent, givenUp } = wait(["a", "b"]);
    on({ ...held, key: "b" });
    on(rested);
    expect(givenUp).toEqual([]);
    on(failed(new Error("ECONNRESET")));
    expect(givenUp).toEqual(["a", "b"].map((key) => ({ key, token: sent[1]!.token, tombstone: true })));
    on(rested);
    expect(new Set(sent.map(({ token }) => token)).size).toBe(3);
  });

  test("leaves no tombstone for a new token whose own requests were all answered", () => {
    const { on, sent, givenUp } = wait(["a", "b"], { maxAttempts: 4 });
    on(failed(new Error("ECONNRESET")));
    const ofFirst = ["a", "b"].map((key) => ({ key, token: sent[0]!.token, tombstone: true }));
    expect(givenUp).toEqual(ofFirst);
    on(rested);
    on({ ...held, key: "b" });
    on(rested);
    expect(givenUp).toEqual(ofFirst);
    expect(on({ status: "granted", fences: [8, 9] })).toMatchObject({ token: sent[2]!.token, outcomeUnknown: false });
  });
});
