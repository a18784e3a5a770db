import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import type { History } from "../../../examples/stage/failover/history.ts";
import { judge } from "../../../examples/stage/failover/judge.ts";
import type { Turn } from "../../../examples/stage/failover/recorder.ts";
import { fencedStore } from "../../../examples/stage/failover/store.ts";
import { listLocks } from "../../../examples/stage/failover/table.ts";
import { drawTimeline } from "../../../examples/stage/failover/timeline.ts";

const turn = (lock: string, worker: string, granted: number, ended: number, more: Partial<Turn> = {}): Turn => {
  const fence = granted;
  return { lock, worker, asked: 0, granted, fence, ended, settled: ended + 1, taken: 1, refused: 0, ...more };
};

/** A primary is killed at 2000, replaced at 4000, and grants again at 4100. Each lock is granted before and after. */
const names = ["orders", "report", "session", "stock"];
const quiet = names.flatMap((lock) => [turn(lock, "worker-1", 100, 1_500), turn(lock, "worker-2", 4_200, 4_500)]);
const history = (turns: readonly Turn[], failover = true): History => ({
  library: "ioredis",
  workers: ["worker-1", "worker-2"],
  began: 0,
  ended: 6_000,
  turns,
  ...(failover && { failover: { killed: 2_000, replaced: 4_000, recovered: 4_100 } }),
});
const verdict = (...turns: Turn[]) => judge(history([...quiet, ...turns]));

describe("the verdict on a failover", () => {
  test("is good where nothing was lost", () => {
    expect(verdict()).toEqual({
      good: true,
      sentence:
        "The primary was killed; its locks were granted again 2.1 s later: no holder lost its lock, all who waited were granted, and fences rose with each of 8 grants.",
    });
  });

  test("is good where the failover forgot a grant and its holder was notified", () => {
    const forgotten = turn("orders", "worker-1", 1_990, 4_900, { lost: 4_800, error: "LOCK_LOST", refused: 1 });
    const { good, sentence } = verdict(forgotten);
    expect({ good, sentence }).toMatchObject({
      good: true,
      sentence: expect.stringContaining("1 holder was notified"),
    });
    expect(listLocks(history([...quiet, forgotten]))).toMatch(/orders, 15 s.* 1 │ 0\.6 s │ +1 │ +0 │/);
  });

  test("is good where a call failed and its worker was granted later", () => {
    const failed: Turn = {
      lock: "orders",
      worker: "worker-2",
      asked: 2_500,
      settled: 2_600,
      error: "LOCK_BACKEND",
      taken: 0,
      refused: 0,
    };
    expect(verdict(failed, turn("orders", "worker-2", 5_000, 5_100, { asked: 2_700 })).good).toBe(true);
    expect(verdict(failed).sentence).toBe(
      'This should not have happened: worker-2 with "orders" was never granted it: LOCK_BACKEND.',
    );
  });

  test.each<[string, Turn[], string]>([
    ["a fence that fell", [turn("orders", "worker-1", 5_000, 5_100, { fence: 7 })], "the fence fell from 4200 to 7"],
    ["a fence twice", [turn("orders", "worker-1", 5_000, 5_100, { fence: 4_200 })], "the fence fell from 4200 to 4200"],
    [
      "two holders, neither of whom was notified",
      [turn("orders", "worker-1", 4_300, 4_400)],
      'worker-1 with "orders" was granted while worker-2 with "orders" held it',
    ],
    [
      "a holder that still believes in its lock when all is over",
      [{ ...turn("stock", "worker-1", 5_000, 0), ended: undefined, settled: undefined } as unknown as Turn],
      'worker-1 with "stock" had not ended',
    ],
    [
      "a write of a holder refused",
      [turn("orders", "worker-1", 5_000, 5_100, { refused: 1 })],
      'the store refused worker-1 with "orders", though nobody newer had it',
    ],
    [
      "a loss before anything failed",
      [turn("orders", "worker-1", 1_600, 1_700, { lost: 1_650 })],
      'worker-1 with "orders" was lost before anything failed',
    ],
    [
      "a loss after all was over",
      [turn("orders", "worker-1", 5_000, 5_100, { lost: 5_050 })],
      'worker-1 with "orders" was lost after the failover was over',
    ],
  ])("is bad after %s", (_, turns, why) => {
    const { good, sentence } = verdict(...turns);
    expect(good).toBe(false);
    expect(sentence).toContain(`This should not have happened: ${why}`);
  });

  test("is bad where a lease that is longer than the failover ended", () => {
    const early = quiet.filter(({ lock, granted }) => lock !== "report" || granted! > 2_000);
    const lost = turn("report", "worker-1", 100, 3_500, { lost: 3_400 });
    expect(judge(history([...early, lost])).sentence).toContain("its lease was longer than the failover");
  });

  test("is bad where a lock was never granted again", () => {
    const { sentence } = judge(history(quiet.filter(({ lock, granted }) => lock !== "stock" || granted! < 2_000)));
    expect(sentence).toContain('nobody was granted "stock" after the failover');
  });

  test("on the caller's own servers does not know when they failed", () => {
    const lost = turn("orders", "worker-1", 1_600, 1_700, { lost: 1_650 });
    expect(judge(history([...quiet, lost], false))).toMatchObject({
      good: true,
      sentence: expect.stringMatching(/^6\.0 s were played: 1 holder was notified of a loss/),
    });
  });
});

test("the store refuses a fence that is lower than the highest, for each lock", () => {
  const store = fencedStore();
  const writes = [5, 5, 7, 6].map((fence) => store.write("orders", fence));
  expect([...writes, store.write("stock", 6)]).toEqual([true, true, true, false, true]);
});

test("the timeline has a line for each lock, as wide as the terminal, with the kill and the losses", () => {
  const lost = turn("session", "worker-1", 1_600, 2_900, { lost: 2_800 });
  const lines = stripVTControlCharacters(drawTimeline(history([...quiet, lost]), 70)).split("\n");
  const [marks, orders, , session] = lines as [string, string, string, string];
  expect(marks.indexOf("▼ kill")).toBe(29);
  expect(marks.indexOf("▲ new primary")).toBe(49);
  expect(orders).toBe(`orders   ·${"1".repeat(14)}${"·".repeat(27)}222${"·".repeat(15)}`);
  expect(session).toMatch(/^session {2}·1+·?1+x·+2+·+$/);
  expect(Math.max(...lines.slice(0, 6).map(({ length }) => length))).toBeLessThanOrEqual(70);
});

test("the timeline shows where two believed that they held a lock", () => {
  const forgotten = turn("orders", "worker-1", 1_990, 4_900, { lost: 4_800 });
  const drawn = stripVTControlCharacters(drawTimeline(history([...quiet, forgotten]), 70)); // CI has colours
  expect(drawn).toMatch(/orders.*!!!.*!: two believed that they held it/s);
});
