import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { blocks, programsOf } from "./doc-blocks";

const server = await startRedis();
const all = await blocks();
const programs = await programsOf(all, ".blocks-frameworks");

afterAll(async () => {
  await programs.remove();
  await server.stop();
});

test("all blocks are type-checked where TypeScript knows the DOM, as Next.js has it", async () => {
  expect(await programs.check("TypeScript 5", ["dom", "dom.iterable", "esnext"])).toBe("");
});

test.concurrent.each(all.filter(({ on, ofFrameworks }) => on === "node20" && ofFrameworks))("$name runs", ({ name }) =>
  programs.run(name, server.url),
);
