import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
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
  expect(await programs.check()).toBe("");
}, 120_000);

test("so are they where TypeScript knows the DOM, as Next.js has it", async () => {
  expect(await programs.check(["dom", "dom.iterable", "esnext"])).toBe("");
}, 120_000);

test.concurrent.each(all.filter(({ on }) => on === "node20"))("$name runs", ({ name }) =>
  programs.run(name, server.url),
);

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
