import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { companionOf, companionPattern } from "../src/locks/companions";
import { parseGlob } from "../src/locks/glob";

const server = await startRedis();
const client = new Redis(server.port);

afterAll(async () => {
  client.disconnect();
  await server.stop();
});

/** Numbers that look random, and are the same in each run. */
function* numbers(): Generator<number, never> {
  for (let state = 1; ; ) {
    state = (state * 48_271) % 2_147_483_647;
    yield state;
  }
}
const random = numbers();
const pick = <T>(from: readonly T[]): T => from[random.next().value % from.length]!;
const word = (parts: readonly string[], longest: number) =>
  Array.from({ length: random.next().value % (longest + 1) }, () => pick(parts)).join("");

const characters = [..."ab-^*?[]\\{}:~"];
const parts = [
  ...characters,
  "*",
  "*",
  "?",
  "[ab]",
  "[^a]",
  "[a-b]",
  "[b-a]",
  "[\\]]",
  "[\\\\-a]",
  "[]",
  "[^^]",
  "\\*",
  "\\[",
];

/** Undefined for a class without an end. */
function parsed(pattern: string): ReturnType<typeof parseGlob> | undefined {
  try {
    return parseGlob(pattern);
  } catch {
    return undefined;
  }
}

test("a pattern matches the keys that it matches in Redis, and its loose form matches their companions", async () => {
  let matches = 0;
  for (let round = 0; round < 150; round++) {
    const keys = new Set(Array.from({ length: 40 }, () => word(characters, 4)).filter((key) => key !== ""));
    await client.flushall();
    await client.mset([...keys].flatMap((key) => [key, "1"]));
    for (let i = 0; i < 10; i++) {
      const pattern = word(parts, 4);
      const glob = parsed(pattern);
      if (glob === undefined) continue;
      const ours = [...keys].filter(glob.matches).sort();
      expect([pattern, ours]).toEqual([pattern, (await client.keys(pattern)).sort()]);
      matches += ours.length;
      const names = ours.flatMap((key) => [`p*:{p*:${key}}~fence`, `p*:${key}:queue1`]);
      const loose = companionPattern("p*:", glob);
      await client.select(1);
      await client.flushdb();
      if (names.length > 0) await client.mset(names.flatMap((name) => [name, "1"]));
      expect([pattern, (await client.keys(loose)).sort()]).toEqual([pattern, names.sort()]);
      await client.select(0);
    }
  }
  expect(matches).toBeGreaterThan(1_000);
});

test.each([
  ["", "{a}~fence", "a"],
  ["", "{t}a:queue1", "{t}a"],
  ["p:", "p:{p:a}~fence", "a"],
  ["{t}:", "{t}:{{t}:a}~fence", "a"],
  ["p:", "{a}~fence", undefined],
  ["p:", "p:{a}~fence", undefined],
  ["", "{}~fence", undefined],
  ["", "a:fence", undefined],
  ["", "{{t}a}~fence", undefined],
  ["", "{a}:fence:fence", undefined],
  ["", "{a}~fence1", undefined],
])("with the prefix %j, %j is a companion of %j", (prefix, name, key) => {
  expect(companionOf(prefix, name)?.key).toBe(key);
});
