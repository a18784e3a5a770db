import { execFile } from "node:child_process";
import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { blocks, pages, programsOf, root } from "./doc-blocks";

const server = await startRedis();
const all = await blocks();
const programs = await programsOf(all, ".blocks");

afterAll(async () => {
  await programs.remove();
  await server.stop();
});

test("there are blocks", () => {
  expect(all.length).toBeGreaterThan(3);
});

test("all blocks of the README and the docs are type-checked", async () => {
  expect(await programs.check("TypeScript 7")).toBe("");
});

test.concurrent.each(all.filter(({ on, ofFrameworks }) => on === "node20" && !ofFrameworks))("$name runs", ({ name }) =>
  programs.run(name, server.url),
);

/** The output of each example of one file. Its types are checked with its package. */
const printed: Readonly<Record<string, RegExp>> = {
  "fenced-sql.ts": /^refused: a newer holder .*\n\{ body: 'draft, by the second holder' \}\n$/,
  "http-409.ts": /^at once: \[ 200, 200, 409 \]\nlater: 200\n$/,
  "queue-worker.ts": /^ada 10\nbob 10\neve 10\n$/,
  "several-keys.ts": /^\d+ transfers \[.*\]\nsum 400\n$/,
};
const small = join(root, "examples/small");
const examples = (await readdir(small)).filter((name) => name.endsWith(".ts"));

test.concurrent.each(examples)("the example %s fits on a screen, runs, and does what it says", async (name) => {
  const file = join(small, name);
  expect((await readFile(file, "utf8")).split("\n").length).toBeLessThan(60);
  const env = { ...process.env, REDIS_URL: server.url };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--import", "tsx", file], { cwd: root, env });
  expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(printed[name]!), stderr: "" });
});

test("every link within the repository leads somewhere", async () => {
  const dead: string[] = [];
  for (const page of await pages()) {
    for (const [, target] of (await readFile(join(root, page), "utf8")).matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const there = await access(join(root, page, "..", target!)).then(
        () => true,
        () => false,
      );
      if (!there) dead.push(`${page} → ${target}`);
    }
  }
  expect(dead).toEqual([]);
});
