import { expect, test } from "vitest";
import { type Handle, type MemoryPart, memoryContract } from "../../src/contract";
import { InProcessMemory } from "../../src/index";
import { createFaultyStore, type Fault, faults } from "./faulty-store";

const all: readonly MemoryPart[] = ["search", "append", "replace", "pages", "signal", "names", "fences"];

const casesOf = (fault?: Fault) => memoryContract({ create: createFaultyStore(fault), parts: all });

/** The titles of the cases that fail. */
async function failing(fault?: Fault): Promise<string[]> {
  const cases = casesOf(fault);
  const outcomes = await Promise.allSettled(cases.map(({ run }) => run()));
  return cases.flatMap(({ title }, i) => (outcomes[i]!.status === "rejected" ? [title] : []));
}

test("passes a store without a fault", async () => {
  expect(await failing()).toEqual([]);
});

test.for(Object.entries(faults) as [Fault, string][])("catches the fault: %s", async ([fault, title]) => {
  expect(await failing(fault)).toContain(title);
});

test("has no case without a fault that it catches", () => {
  expect(
    casesOf()
      .map(({ title }) => title)
      .toSorted(),
  ).toEqual([...new Set<string>(Object.values(faults))].toSorted());
});

test("has the cases of the declared parts of a memory, and no others", () => {
  const create = createFaultyStore();
  const titles = (...parts: MemoryPart[]) => memoryContract({ create, parts }).map(({ title }) => title);
  const least = titles();
  expect(titles(...all).slice(0, least.length)).toEqual(least);
  const alone = all.flatMap((part) => {
    const more = titles(part).slice(least.length);
    expect(more).not.toEqual([]);
    return more;
  });
  const both = titles("fences", "names").filter((title) => ![...least, ...alone].includes(title));
  expect(both).toHaveLength(2);
  expect(titles(...all).toSorted()).toEqual([...least, ...alone, ...both].toSorted());
});

test("fails for a memory that has more than its declared parts, or a part that does nothing", async () => {
  const [methods] = memoryContract({ create: () => twice(new InProcessMemory()), parts: ["append"] }).filter(
    ({ title }) => title.startsWith("has the methods"),
  );
  await expect(methods!.run()).rejects.toThrow("replace is a function");
  const cases = memoryContract({ create: () => twice({ ...idle, append: async () => {} }), parts: all });
  const outcomes = await Promise.allSettled(cases.map(({ run }) => run()));
  const passed = cases.filter((_, i) => outcomes[i]!.status === "fulfilled").map(({ title }) => title);
  expect(passed).toEqual(["begins empty", "finds nothing in an empty conversation, nor cleared messages"]);
});

const twice = (memory: Handle): readonly [Handle, Handle] => [memory, memory];
const idle: Handle = { save: async () => {}, load: async () => [], search: async () => [], clear: async () => {} };

test.for<[unknown, RegExp]>([
  [undefined, /^memoryContract needs a target with create and parts/],
  [{ create: () => [] }, /^memoryContract needs a target with create and parts/],
  [
    { create: () => [], parts: ["fence"] },
    /^unknown part "fence"; there are search, append, replace, pages, signal, names, fences/,
  ],
])("refuses the target %o", ([target, message]) => {
  expect(() => memoryContract(target as never)).toThrow(
    expect.objectContaining({ name: "TypeError", message: expect.stringMatching(message) }),
  );
});
