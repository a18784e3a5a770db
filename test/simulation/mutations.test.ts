import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { found } from "./found.mjs";
import { missed, simulated, unseen } from "./mutations.mjs";
import { scenarios } from "./scenario";

test("each mutation of TypeScript is found by a simulation, or is listed with the reason why it is not", () => {
  const listed = [found, unseen, missed].flatMap((list) => Object.keys(list));
  expect(listed.sort()).toEqual(Object.keys(simulated).sort());
  for (const [name, [scenario]] of Object.entries(found)) expect(scenarios, name).toHaveProperty(scenario);
});

test("each mutation finds the text that it changes, once", () => {
  for (const [name, edits] of Object.entries(simulated)) {
    for (const [file, from] of edits!) {
      const source = readFileSync(new URL(`../../packages/core/${file}`, import.meta.url), "utf8");
      expect(source.split(from).length - 1, `${name}: ${from}`).toBe(1);
    }
  }
});
