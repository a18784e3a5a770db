import { freePort, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, expect, test } from "vitest";
import { findingsOf } from "../../../examples/stage/turns/findings.ts";
import { messagesOf } from "../../../examples/stage/turns/turn.ts";
import { demoOf } from "./run-demo";

const demo = await demoOf("standalone");

afterAll(() => demo.remove());

/** The cells of the row of a table that has this name. */
const row = (stdout: string, name: string): string[] => {
  const line = stdout.split("\n").find((text) => text.startsWith(`│ ${name} `));
  return (line ?? "").split("│").map((cell) => cell.trim());
};

describe("the demo", () => {
  test("loses turns without the lock, keeps all with it, and leaves nothing behind", async () => {
    const { code, stdout, stderr } = await demo.run(["--turns", "60"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [, , written, kept, lost] = row(stdout, "without lock");
    expect(Number(written)).toBe(60);
    expect(Number(lost)).toBeGreaterThan(0);
    expect(Number(kept) + Number(lost)).toBe(60);
    expect(row(stdout, "with LockedMemory").slice(2, 6)).toEqual(["60", "60", "0", "0"]);
    for (const instance of ["agent-1", "agent-2", "agent-3", "agent-4"]) expect(row(stdout, instance)[3]).toBe("15");
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(
      /^Without a lock \d+ of 60 turns were lost; .* whole and in order/,
    );
    await demo.expectNothingLeft(stdout);
  });

  test.each(["ioredis", "node-redis"])("plays with all instances on %s", async (client) => {
    const { code, stdout, stderr } = await demo.run(["--client", client, "--turns", "60"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const instance of ["agent-1", "agent-2", "agent-3", "agent-4"]) expect(row(stdout, instance)[2]).toBe(client);
  });

  test("plays on a given Redis and deletes its keys", async () => {
    const server = await startRedis();
    const client = new Redis(server.port);
    try {
      await client.set("mine", "precious");
      const { code, stderr } = await demo.run(["--redis-url", server.url, "--turns", "60"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(await client.keys("*")).toEqual(["mine"]);
    } finally {
      client.disconnect();
      await server.stop();
    }
  });

  test("ends on Ctrl-C and leaves nothing behind", async () => {
    let sent = false;
    const { code, stdout, stderr } = await demo.run(["--turns", "2000"], (text, child) => {
      if (!sent && text.includes("without lock: 500")) sent = child.kill("SIGINT");
    });
    expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
    await demo.expectNothingLeft(stdout);
  });

  test("explains its options", async () => {
    const { code, stdout } = await demo.run(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/--redis-url <url>.*--turns <n>.*--client <library>.*--help/s);
  });

  test.each([
    [["--bogus"], /^error: unknown option '--bogus'\n$/],
    [["--turns", "many"], /^error: option '--turns <n>' argument 'many' is invalid\. It must be an integer .*\n$/],
    [
      ["--client", "jedis"],
      /^error: option '--client <library>' argument 'jedis' is invalid\. Allowed choices are .*\n$/,
    ],
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

describe("the verdict on a conversation", () => {
  const [question1, answer1] = messagesOf({ instance: "a", number: 1 });
  const [question2, answer2] = messagesOf({ instance: "a", number: 2 });
  const [questionB, answerB] = messagesOf({ instance: "b", number: 1 });

  test.each([
    [
      "whole and in order",
      [question1, answer1, questionB, answerB, question2, answer2],
      { kept: 3, lost: 0, mixed: 0 },
    ],
    ["a turn lost", [question1, answer1, question2, answer2], { kept: 2, lost: 1, mixed: 0 }],
    ["an answer lost", [question1, questionB, answerB, question2, answer2], { kept: 2, lost: 1, mixed: 0 }],
    ["interleaved", [question1, questionB, answer1, answerB, question2, answer2], { kept: 3, lost: 0, mixed: 2 }],
    ["out of order", [question2, answer2, question1, answer1, questionB, answerB], { kept: 3, lost: 0, mixed: 1 }],
    ["a turn twice", [question1, answer1, question1, answer1, question2, answer2], { kept: 2, lost: 1, mixed: 1 }],
    ["nothing", [], { kept: 0, lost: 3, mixed: 0 }],
  ])("%s", (_, conversation, findings) => {
    expect(findingsOf(conversation, 3)).toEqual(findings);
  });
});
