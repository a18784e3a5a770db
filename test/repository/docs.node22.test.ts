import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { blocks, programsOf } from "./doc-blocks";

const server = await startRedis();
const marked = (await blocks()).filter(({ on }) => on === "node22");
const programs = await programsOf(marked, ".blocks-node22");

afterAll(async () => {
  await programs.remove();
  await server.stop();
});

test("there are blocks for Node 22", () => {
  expect(marked.length).toBeGreaterThan(1);
});

test.concurrent.each(marked)("$name runs", ({ name }) => programs.run(name, server.url));
