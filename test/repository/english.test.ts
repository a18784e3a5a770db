import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { habitsIn } from "./habits";
import { proseOf } from "./prose";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** All files with prose, except changesets: these are history once they are written. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const files = entries.map(async (entry) => {
    if (entry.name.startsWith(".") || ["node_modules", "dist"].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path].filter((name) => /\.(md|ts|mjs|lua)$/.test(name));
  });
  return (await Promise.all(files)).flat();
}

test("comments, messages, titles and pages are free of the habits that CONTRIBUTING names", async () => {
  const found: string[] = [];
  for (const name of await filesIn(".")) {
    const source = await readFile(join(root, name), "utf8");
    for (const { start, text, kind } of proseOf(name, source)) {
      for (const { index, words, cure } of habitsIn(text, kind)) {
        const line = source.slice(0, start + index).split("\n").length;
        found.push(`${name}:${line} “${words}”: ${cure}`);
      }
    }
  }
  expect(found).toEqual([]);
});

const unquoted = (text: string): string => text.replaceAll("`", "");
const countIn = (text: string): number => habitsIn(text, "comment").length;

const guide = await readFile(join(root, "CONTRIBUTING.md"), "utf8");
const rows = [...guide.matchAll(/^\| .+ \| `([^`]+)` \| (.+) \|$/gm)].map(([, bad = "", good = ""]) => ({ bad, good }));

test("the guide in CONTRIBUTING has examples", () => {
  expect(rows.length).toBeGreaterThan(6);
});

test.each(rows)("of the guide's examples, one is found: $bad", ({ bad, good }) => {
  expect(countIn(bad)).toBeGreaterThan(0);
  expect(countIn(unquoted(good))).toBe(0);
});

test.each([
  "`The grant is given back.`",
  "`A holder hears that the lock is gone.`",
  "`Both are none.`",
  "`It waits for ever.`",
  "`Who holds it must extend it.`",
  "`What has no ttl is left alone.`",
  "`The fences are those of others.`",
  "`Of the last minute.`",
  "`The signal would else be replaced.`",
  "`The constants stand in times.ts.`",
  "`A test sees that it is true.`",
  "`He must extend it.`",
])("a habit is found: %s", (sentence) => {
  expect(countIn(unquoted(sentence))).toBeGreaterThan(0);
});

test.each([
  "The waiter gives up after a minute, or gives its token up.",
  "There is no queue, and the lock is no longer held.",
  "The callers who wait are granted in turn.",
  "Redis decides who holds a lock. Who is next?",
  "What is promised, and what is not; what is left of the lease.",
  "The same key is taken once.",
  "One of the keys, or else none.",
  "It also aborts a call.",
])("plain English is not a habit: %s", (sentence) => {
  expect(countIn(sentence)).toBe(0);
});

/** Keeps the habits in the samples below from being found in this file. */
const sample = (text: string): string => text.replaceAll("_", " ");

test.each([
  ["a.ts", "const a = 1; // It gives_one.\n// It is\n// no_lock.\n", 2],
  ["a.ts", "f(`it is no_lock, as a template`);\n", 1],
  ["a.ts", "/** Calls `gives()`. */\nexport const a = /it gives_one/;\n", 0],
  ["a.lua", "-- It is no_lock.\nlocal a = 1\n", 1],
  ["a.md", "It gives_one `gives`.\n\n```ts\nlet a = 1; // it is no_lock\n```\n", 2],
])("the prose of %s is separate from its code (%#)", (name, source, count) => {
  expect(proseOf(name, sample(source)).flatMap(({ text, kind }) => habitsIn(text, kind))).toHaveLength(count);
});
