import { describe, expect, test } from "vitest";
import { check, type Rule } from "./check/check";
import type { Event } from "./event";

const key = "k";

/** The history of a round without any fault: two locks of one key, one after the other, and their writes. */
function story(): Event[] {
  const lock = (worker: string, id: string, from: number, fence: number, state: number): Event[] => [
    { what: "calls", at: from, worker, call: 1, key, queues: true },
    { what: "asks", at: from, worker, key, id },
    { what: "answered", at: from + 2, worker, id, reply: "granted", sent: from, ttl: 1_000 },
    { what: "granted", at: from + 3, worker, call: 1, key, id, fence, remaining: 980 },
    { what: "looks", at: from + 10, worker, turned: true, held: [id], unwarned: [] },
    { what: "seen", from: from + 15, at: from + 16, keys: { [key]: { id, waiting: 0 } } },
    { what: "wrote", at: from + 20, key, id, fence, state, taken: true },
    { what: "looks", at: from + 30, worker, turned: true, held: [id], unwarned: [] },
    { what: "releases", at: from + 31, worker, id },
  ];
  return [
    { what: "began", at: 0, wall: 0 },
    ...lock("one", "a", 100, 101_000, 1),
    { what: "seen", from: 150, at: 151, keys: { [key]: { id: null, waiting: 0 } } },
    ...lock("two", "b", 200, 201_000, 2),
    { what: "healed", at: 300 },
    { what: "left", at: 10_000, names: [] },
    {
      what: "store",
      at: 10_000,
      key,
      state: 2,
      log: [
        { id: "a", fence: 101_000, state: 1 },
        { id: "b", fence: 201_000, state: 2 },
      ],
    },
  ];
}

const rulesOf = (history: readonly Event[]): Rule[] => [...new Set(check(history).map(({ rule }) => rule))];

/** The story with other events, and more. */
const changed = (change: (event: Event) => Event, ...more: Event[]): Event[] => [...story().map(change), ...more];
const plus = (...more: Event[]) => changed((event) => event, ...more);

test("a story in which all went well keeps every promise", () => {
  expect(check(story())).toEqual([]);
});

describe("exclusion", () => {
  const still: Event = { what: "looks", at: 210, worker: "one", turned: true, held: ["a"], unwarned: [] };
  const late = story().filter(({ what }) => what !== "releases");

  test("two at once", () => {
    expect(rulesOf([...late, still])).toContain("exclusion");
  });

  test("no violation if Redis had lost the first one's lock", () => {
    expect(rulesOf([...late, still, { what: "forgot", at: 180, to: 190 }])).toEqual([]);
  });

  test("no excuse by data that was lost before", () => {
    expect(rulesOf([...late, still, { what: "forgot", at: 20, to: 30 }])).toContain("exclusion");
  });
});

describe("belief", () => {
  test("held after the lease", () => {
    expect(rulesOf(plus({ what: "looks", at: 1_203, worker: "two", turned: true, held: ["b"], unwarned: [] }))).toEqual(
      ["belief"],
    );
  });

  test("not when an answer made the lease longer", () => {
    const extended: Event = {
      what: "answered",
      at: 800,
      worker: "two",
      id: "b",
      reply: "extended",
      sent: 700,
      ttl: 1_000,
    };
    const looks = (at: number): Event => ({
      what: "looks",
      at,
      worker: "two",
      turned: true,
      held: ["b"],
      unwarned: [],
    });
    expect(rulesOf(plus(extended, looks(1_699)))).toEqual([]);
    expect(rulesOf(plus(extended, looks(1_703)))).toEqual(["belief"]);
  });

  test("a grant by message is good for the claim from the last answer on, not from its arrival", () => {
    const queued: Event = { what: "answered", at: 102, worker: "one", id: "a", reply: "queued", sent: 100, ttl: 1_000 };
    const pushed: Event = { what: "pushed", at: 103, worker: "one", id: "a", ttl: 20 };
    const byMessage = (event: Event): Event => (event.what === "answered" && event.id === "a" ? queued : event);
    expect(rulesOf(changed(byMessage, pushed))).toEqual(["belief"]); // the look at 130
    expect(rulesOf(changed(byMessage, { ...pushed, ttl: 40 }))).toEqual([]);
  });

  test.each([null, "other"])("held, while the key holds %s", (id) => {
    expect(rulesOf(plus({ what: "seen", from: 211, at: 212, keys: { [key]: { id, waiting: 0 } } }))).toEqual([
      "belief",
    ]);
  });

  test("observations around the edges prove nothing", () => {
    const seen = (from: number, at: number): Event => ({
      what: "seen",
      from,
      at,
      keys: { [key]: { id: null, waiting: 0 } },
    });
    expect(rulesOf(plus(seen(202, 212), seen(229, 231)))).toEqual([]);
  });
});

describe("fences", () => {
  test.each([101_000, 100_000])("%s after 101,000", (fence) => {
    const lower = (event: Event): Event => (event.what === "granted" && event.id === "b" ? { ...event, fence } : event);
    expect(rulesOf(changed(lower))).toContain("fences");
  });

  test("in no order where Redis lost a lock while both were asked for", () => {
    const swapped = (event: Event): Event => {
      if (event.what === "calls" && event.worker === "two") return { ...event, at: 90 };
      if (event.what === "granted") return { ...event, fence: event.id === "a" ? 101_000 : 100_900 };
      return event;
    };
    expect(rulesOf(changed(swapped))).toContain("fences");
    expect(rulesOf(changed(swapped, { what: "forgot", at: 102, to: 103 }))).not.toContain("fences");
  });
});

describe("stored", () => {
  const store = (state: number, ...log: (readonly [id: string, fence: number, state: number])[]) =>
    changed((event) =>
      event.what === "store"
        ? { ...event, state, log: log.map(([id, fence, made]) => ({ id, fence, state: made })) }
        : event,
    );
  const [a, b] = [["a", 101_000, 1] as const, ["b", 201_000, 2] as const];

  test("a lower fence was taken", () => {
    expect(rulesOf(store(3, a, b, ["a", 101_000, 3]))).toEqual(["stored"]);
  });

  test("a write was overwritten", () => {
    expect(rulesOf(store(2, a, ["a", 101_000, 1], b))).toEqual(["stored"]);
  });

  test("it is not what its writes make", () => {
    expect(rulesOf(store(3, a, b))).toEqual(["stored"]);
  });

  test("a write that was taken is missing", () => {
    expect(rulesOf(store(1, a))).toEqual(["stored"]);
  });

  test("a holder was refused", () => {
    expect(rulesOf(plus({ what: "wrote", at: 225, key, id: "b", fence: 201_000, state: 3, taken: false }))).toEqual([
      "stored",
    ]);
  });
});

describe("loss", () => {
  const listens = (...times: number[]): Event[] => [
    ...story().filter(({ what, at }) => !(what === "releases" && at > 200)),
    ...times.map((at): Event => ({ what: "looks", at, worker: "two", turned: true, held: [], unwarned: ["b"] })),
  ];

  test("no loss was signalled by the deadline, though the event loop turned", () => {
    expect(rulesOf(listens(1_150, 1_215, 1_225))).toEqual(["loss"]);
  });

  test("an event loop that was blocked could not signal it", () => {
    expect(rulesOf(listens(1_150, 2_000))).toEqual([]);
  });

  test("a look in the middle of a turn proves nothing", () => {
    const [first, ...more] = listens(1_150, 1_215, 1_225).reverse();
    expect(rulesOf([{ ...(first as Event & { what: "looks" }), turned: false }, ...more])).toEqual([]);
  });

  test("a loss was signalled too early", () => {
    const lost: Event = { what: "lost", at: 1_150, worker: "two", id: "b" };
    expect(rulesOf([...listens(1_100), lost])).toEqual(["loss"]);
    expect(rulesOf([...listens(1_100), { ...lost, at: 1_185 }])).toEqual([]);
    expect(rulesOf([...listens(1_100), lost, { what: "forgot", at: 700, to: 710 }])).toEqual([]);
  });

  test("a reply that came when the lease was over makes it no longer, one that came in time does", () => {
    const lost: Event = { what: "lost", at: 1_500, worker: "two", id: "b" };
    const extended = (sent: number, at: number): Event => {
      return { what: "answered", at, worker: "two", id: "b", reply: "extended", sent, ttl: 1_000 };
    };
    expect(rulesOf([...listens(1_100), extended(1_000, 1_190), lost])).toEqual([]);
    expect(rulesOf([...listens(1_100), extended(1_000, 1_180), lost])).toEqual(["loss"]);
  });
});

describe("liveness", () => {
  const calls: Event = { what: "calls", at: 400, worker: "three", call: 1, key, queues: true };
  const seen = (id: string | null, ...times: number[]): Event[] =>
    times.map((at) => ({ what: "seen", from: at - 1, at, keys: { [key]: { id, waiting: 1 } } }));

  test("a free key is not granted to its waiter", () => {
    expect(rulesOf(plus(calls, ...seen(null, 500, 3_000, 7_000)))).toEqual(["liveness"]);
  });

  test("a key is held by somebody who is gone", () => {
    expect(rulesOf(plus(calls, ...seen("gone", 500, 3_000, 7_000)))).toEqual(["liveness"]);
  });

  test("nobody waits, or it is granted in time, or it is held", () => {
    expect(rulesOf(plus(...seen(null, 500, 3_000, 7_000)))).toEqual([]);
    expect(rulesOf(plus({ ...calls, queues: false }, ...seen(null, 500, 3_000, 7_000)))).toEqual([]);
    expect(rulesOf(plus(calls, { what: "killed", at: 450, worker: "three" }, ...seen(null, 500, 7_000)))).toEqual([]);
    const refused: Event = { what: "refused", at: 3_500, worker: "three", call: 1, why: "LOCK_NOT_ACQUIRED" };
    expect(rulesOf(plus(calls, refused, ...seen(null, 500, 3_000, 7_000)))).toEqual([]);
    const held = changed((event) => (event.what === "releases" ? { ...event, at: event.at + 20_000 } : event), calls);
    expect(rulesOf([...held, ...seen("b", 500, 3_000, 7_000)])).toEqual([]);
  });
});

test("leftovers: something is still there", () => {
  const left = (event: Event): Event => (event.what === "left" ? { ...event, names: ["{k}~queue1"] } : event);
  expect(rulesOf(changed(left))).toEqual(["leftovers"]);
});

describe("conduct", () => {
  test("something that must never happen", () => {
    expect(rulesOf(plus({ what: "wrong", at: 300, why: "unhandled rejection" }))).toEqual(["conduct"]);
  });

  test("a lock whose lease is over", () => {
    const late = (event: Event): Event => {
      if (event.what === "granted" && event.id === "b") return { ...event, at: 1_300, remaining: 0 };
      return event;
    };
    const looks = (event: Event) => !(event.what === "looks" && event.worker === "two");
    const stalled: Event = { what: "stalled", from: 203, at: 1_290, worker: "two", id: "b" };
    expect(rulesOf(changed(late).filter(looks))).toEqual(["conduct"]);
    expect(rulesOf(changed(late, stalled).filter(looks))).toEqual(["conduct"]);
    expect(rulesOf(changed(late, { ...stalled, id: "other" }).filter(looks))).toEqual([]);
  });

  test("an outage when there is none", () => {
    const calls: Event = { what: "calls", at: 400, worker: "three", call: 1, key, queues: true };
    const refused: Event = { what: "refused", at: 900, worker: "three", call: 1, why: "LOCK_BACKEND" };
    expect(rulesOf(plus(calls, refused))).toEqual(["conduct"]);
    expect(rulesOf(plus({ ...calls, at: 250 }, refused))).toEqual([]);
    expect(rulesOf(plus(calls, { ...refused, why: "LOCK_NOT_ACQUIRED" }))).toEqual([]);
  });
});
