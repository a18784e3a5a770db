import { stripVTControlCharacters } from "node:util";
import { freePort, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, expect, test } from "vitest";
import type { Conversation, Kept } from "../../../examples/stage/chat/conversation.ts";
import { findingsOf, judge, type Outcome, wrongsOf } from "../../../examples/stage/chat/judge.ts";
import { excerpt } from "../../../examples/stage/chat/tables.ts";
import { demoOf } from "./run-demo";

const demo = await demoOf("memory");

afterAll(() => demo.remove());

/** The numbers of the row of a table that has this name: turns, whole, lost, doubled, out of place, stale, told wrong. */
const row = (stdout: string, name: string): number[] => {
  const line = stdout.split("\n").find((text) => text.startsWith(`│ ${name} `)) ?? "";
  return line.split("│").slice(2, 9).map(Number);
};

const lastLine = (stdout: string): string => stdout.trimEnd().split("\n").at(-1)!;

describe("the demo of agents' memory", () => {
  test("breaks conversations without the turn lock, keeps them whole with it, and leaves nothing behind", async () => {
    const { code, stdout, stderr } = await demo.run([]);
    // On a machine that stands still a lock may be lost, of which an instance warns; the turn is then done again.
    expect(code, stdout + stderr).toBe(0);
    const [turns, whole, ...damage] = row(stdout, "no lock");
    expect(turns).toBe(96);
    expect(whole).toBeLessThan(96);
    for (const count of damage.slice(0, 4)) expect(count).toBeGreaterThan(0);
    expect(row(stdout, "turn lock")).toEqual([96, 96, 0, 0, 0, 0, 0]);
    expect(stdout).toMatch(/the instance that was killed had [1-9]\d* answers? on the way and \d+ requests? waiting:/);
    expect(lastLine(stdout)).toMatch(/^Without the turn lock \d+ of 96 turns were damaged; with it all 96 are whole/);
    for (const line of stdout.split("\n").filter((text) => /^[│┌]/.test(text))) {
      expect(line.length, line).toBeLessThanOrEqual(80);
    }
    await demo.expectNothingLeft(stdout);
  });

  test("plays with node-redis on a given Redis, where busy sessions refuse, and deletes its keys", async () => {
    const server = await startRedis();
    const client = new Redis(server.port);
    try {
      await client.set("mine", "precious");
      const args = ["--client", "node-redis", "--redis-url", server.url, "--messages", "3", "--when-busy", "reject"];
      const { code, stdout, stderr } = await demo.run(args);
      expect(code, stdout + stderr).toBe(0);
      expect(row(stdout, "turn lock").slice(0, 2)).toEqual([48, 48]);
      expect(stdout).toMatch(/^3 instances on node-redis .* in the Redis at 127/m);
      expect(await client.keys("*")).toEqual(["mine"]);
    } finally {
      client.disconnect();
      await server.stop();
    }
  });

  test("ends on Ctrl-C and leaves nothing behind", async () => {
    let sent = false;
    const { code, stdout, stderr } = await demo.run(["--messages", "20"], (text, child) => {
      if (!sent && text.includes("no lock: 80")) sent = child.kill("SIGINT");
    });
    expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
    await demo.expectNothingLeft(stdout);
  });

  test("explains its options", async () => {
    const { code, stdout } = await demo.run(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/--client <library>.*--redis-url <url>.*--messages <n>.*--when-busy <how>.*--help/s);
  });

  test.each([
    [["--bogus"], /^error: unknown option '--bogus'\n$/],
    [["--messages", "0"], /^error: option '--messages <n>' argument '0' is invalid\. It must be an integer .*\n$/],
    [["--client", "jedis"], /^error: option '--client <library>' argument 'jedis' is invalid\. Allowed .*\n$/],
    [["--redis-url", "localhost"], /^error: option '--redis-url <url>' argument 'localhost' is invalid\. .*\n$/],
  ])("refuses %j in one sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await demo.run(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(sentence);
  });

  test("says in one sentence that a given Redis can't be reached, and keeps its password to itself", async () => {
    const port = await freePort();
    const { code, stderr } = await demo.run(["--redis-url", `redis://user:secret@127.0.0.1:${port}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^the Redis at 127\\.0\\.0\\.1:${port} can't be used, see --redis-url: .*\n$`));
    expect(stderr).not.toContain("secret");
  });
});

const q = (id: string): Kept => ({ role: "user", content: `${id}: where is my parcel?` });
const a = (id: string, seen: number): Kept => ({
  role: "assistant",
  content: `answer to ${id}; I have seen ${seen} messages`,
});

/** Two users: one sends q1 and q2 (twice at once), the other q3. */
const conversation = (transcript: Kept[], told: Record<string, number[]> = {}): Conversation => ({
  session: "s",
  sent: (
    [
      ["q1", "user-1", 1, [1]],
      ["q2", "user-1", 2, [5, 5]],
      ["q3", "user-2", 1, [3]],
    ] as const
  ).map(([id, user, times, seen]) => {
    const answers = (told[id] ?? seen).map((number) => a(id, number).content);
    return { id, user, times, answers };
  }),
  transcript,
});
const whole = [q("q1"), a("q1", 1), q("q3"), a("q3", 3), q("q2"), a("q2", 5)];

const wrongIn = (transcript: Kept[], told?: Record<string, number[]>): string[] =>
  [...wrongsOf(conversation(transcript, told))].map(({ kind, id, why }) => `${id} ${kind}: ${why}`);

describe("the verdict on a conversation", () => {
  test("finds nothing wrong in a whole one", () => {
    expect(wrongIn(whole)).toEqual([]);
  });

  test.each<[string, Kept[], Record<string, number[]>, string[]]>([
    [
      "a user's message that was deleted",
      [q("q1"), a("q1", 1), a("q3", 3), q("q2"), a("q2", 4)],
      { q2: [4, 4] },
      ["q3 lost: the question is gone", "q3 out of place: its question is lost", "q3 stale: had seen 3 of 2"],
    ],
    [
      "an answer that was lost",
      [q("q1"), a("q1", 1), q("q2"), a("q2", 3), q("q3")],
      { q2: [3, 3] },
      ["q3 lost: the answer is gone"],
    ],
    ["a turn that was lost", whole.slice(0, 4), {}, ["q2 lost: the question is gone", "q2 lost: the answer is gone"]],
    [
      "turns that are mixed",
      [q("q1"), q("q3"), a("q1", 1), a("q3", 3), q("q2"), a("q2", 5)],
      {},
      [
        "q3 out of place: behind no answer",
        "q1 out of place: not behind its question",
        "q1 stale: had seen 1 of 2",
        "q3 out of place: not behind its question",
      ],
    ],
    [
      "an answer to an old history",
      [q("q1"), a("q1", 1), q("q3"), a("q3", 1), q("q2"), a("q2", 5)],
      { q3: [1] },
      ["q3 stale: had seen 1 of 3"],
    ],
    [
      "a turn twice",
      [...whole, q("q2"), a("q2", 7)],
      { q2: [5, 5] },
      ["q2 doubled: for a second time", "q2 doubled: for a second time"],
    ],
    [
      "an answer twice",
      [...whole, a("q2", 5)],
      {},
      ["q2 doubled: for a second time", "q2 out of place: not behind its question", "q2 stale: had seen 5 of 6"],
    ],
    [
      "messages of one user in another order",
      [q("q2"), a("q2", 1), q("q3"), a("q3", 3), q("q1"), a("q1", 5)],
      { q1: [5], q2: [1, 1] },
      ["q2 out of place: sent after the next"],
    ],
    ["another answer than the user got", whole, { q2: [5, 3] }, ["q2 told wrong: the user got a different answer"]],
    ["a message without an answer", whole.slice(0, 4), { q2: [] }, ["q2 unanswered: got no answer"]],
    ["a second click without an answer", whole, { q2: [5] }, ["q2 unanswered: got no answer"]],
    [
      "a message that nobody sent",
      [...whole, q("q9"), a("q9", 7)],
      {},
      ["q9 out of place: nobody sent it", "q9 out of place: nobody sent it"],
    ],
    [
      "something else",
      [{ role: "system", content: "Be kind." }, ...whole],
      {},
      expect.arrayContaining(["Be kind. out of place: nobody sent it"]) as never,
    ],
    [
      "a user's words as an answer",
      [...whole.slice(0, 5), { ...a("q2", 5), role: "user" }],
      {},
      expect.arrayContaining(["q2 lost: the answer is gone"]) as never,
    ],
  ])("finds %s", (_, transcript, told, wrongs) => {
    expect(wrongIn(transcript, told)).toEqual(wrongs);
  });

  test("shows the faults beside the messages", () => {
    const mixed = [q("q1"), q("q3"), a("q1", 1), a("q3", 3), q("q2"), a("q2", 5)];
    expect(stripVTControlCharacters(excerpt(conversation(mixed), 1)).split("\n")).toEqual([
      "  1 q3: behind no answer",
      "  2   ↳ q1 saw 1: not behind its question",
      "  3   ↳ q3 saw 3: not behind its question",
      "  4 q2",
      "  5   ↳ q2 saw 5",
    ]);
  });
});

describe("the verdict on both runs", () => {
  const outcome = (transcript: Kept[], interrupted = 3): Outcome => ({
    ...findingsOf([conversation(whole), conversation(transcript, transcript === whole ? {} : { q2: [4, 4] })]),
    interrupted,
  });
  const broken = outcome([q("q1"), a("q1", 1), a("q3", 3), q("q2"), a("q2", 4)]);

  test("is good where only the run without the lock did damage", () => {
    expect(broken).toMatchObject({ sent: 6, whole: 5, counts: { lost: 1, "out of place": 1, stale: 1 } });
    expect(judge(broken, outcome(whole))).toEqual({
      good: true,
      sentence:
        "Without the turn lock 1 of 6 turns were damaged; with it all 6 are whole, though an instance was killed.",
    });
  });

  test.each([
    ["the lock did not help", broken, broken, /^The turn lock failed: q3 in s: lost, the question is gone\.$/],
    ["nothing was damaged without it", outcome(whole), outcome(whole), /^This proves nothing: without the turn lock/],
    [
      "no turn was interrupted",
      broken,
      outcome(whole, 0),
      /^This proves nothing: no instance was killed in the middle/,
    ],
  ])("is bad where %s", (_, unlocked, locked, sentence) => {
    expect(judge(unlocked, locked)).toEqual({ good: false, sentence: expect.stringMatching(sentence) });
  });
});
