import { randomUUID } from "node:crypto";
import { createLocker, inProcessDriver, type Locker } from "@distlock/core";
import { lockerIdentity } from "@distlock/core/driver";
import { traced } from "@distlock/otel";
import { expect, test } from "vitest";
import { LockedMemory, lockMethods } from "../../src/index";
import { FencedMemory } from "../support/fenced-memory";

const bare = createLocker(inProcessDriver());
const spread: Locker = { ...bare, inspect: (key) => bare.inspect(key) };
const lockers = { bare, traced: traced(bare), "traced twice": traced(traced(bare)), spread };
const pairs = Object.entries(lockers).flatMap(([outer, one]) =>
  Object.entries(lockers).map(([inner, other]) => ({ outer, inner, one, other })),
);

test.for(pairs)("a turn of the $outer locker is the turn of calls with the $inner one", async ({ one, other }) => {
  const key = `memory:${randomUUID()}`;
  const inner = new FencedMemory();
  const [memory, again] = [one, other].map((locker) => new LockedMemory(inner, locker, { key, timeout: 100 }));
  const object = lockMethods({ add: async () => "added" }, other, { write: ["add"], key, timeout: 100 });
  await memory!.withTurn(async (turn) => {
    await turn.save("Hello", "Hi there!");
    await again!.save("And now?", "Bye!");
    expect(await object.add()).toBe("added");
    expect(await again!.withTurn((nested) => nested.fence)).toBe(turn.fence);
  });
  expect(inner.texts).toHaveLength(4);
  expect((await bare.inspect(key)).held).toBe(false);
});

test("another locker of the same driver is another one", async () => {
  const driver = inProcessDriver();
  const [one, other] = [createLocker(driver), traced(createLocker(driver))];
  const [memory, again] = [one, other].map((locker) => new LockedMemory(new FencedMemory(), locker, { key: "k" }));
  const nested = memory!.withTurn(() => again!.save("Hello", "Hi there!"));
  await expect(nested).rejects.toThrow(/is held by another locker around this call/);
});

test("a locker without an identity, of an older core or of your own, is itself", async () => {
  const { [lockerIdentity]: _, ...own } = bare;
  const memory = new LockedMemory(new FencedMemory(), own, { key: "own" });
  const again = new LockedMemory(new FencedMemory(), { ...own, [lockerIdentity]: own }, { key: "own" });
  await memory.withTurn(() => again.save("Hello", "Hi there!"));
  expect((await bare.inspect("own")).held).toBe(false);
});
