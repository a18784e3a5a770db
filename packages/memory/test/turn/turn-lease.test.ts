import { createLocker, inProcessDriver } from "@distlock/core";
import { expect, test } from "vitest";
import { InProcessMemory, LockedMemory, lockMethods } from "../../src/index";

const locker = createLocker(inProcessDriver());
const remaining = async (key: string) => (await locker.inspect(key)).remaining;

test("the lease of a turn is 10 s, so that a crash costs those who wait no more", async () => {
  const memory = new LockedMemory(new InProcessMemory(), locker, { key: "lease" });
  await using _turn = await memory.beginTurn();
  expect(await remaining("lease")).toBeLessThanOrEqual(10_000);
});

test("so is the lease of a write and of a locked call", async () => {
  const left: number[] = [];
  const inner = new InProcessMemory();
  inner.clear = async () => void left.push(await remaining("write"));
  await new LockedMemory(inner, locker, { key: "write" }).clear();
  const jobs = { run: async () => void left.push(await remaining("call")) };
  await lockMethods(jobs, locker, { write: ["run"], key: "call" }).run();
  expect(left).toHaveLength(2);
  for (const ms of left) expect(ms).toBeLessThanOrEqual(10_000);
});

test("a ttl of the turn, else of its memory, says otherwise", async () => {
  const memory = new LockedMemory(new InProcessMemory(), locker, { key: "own", ttl: 90_000 });
  await memory.withTurn(async () => expect(await remaining("own")).toBeGreaterThan(10_000));
  await memory.withTurn({ ttl: 5_000 }, async () => expect(await remaining("own")).toBeLessThanOrEqual(5_000));
});
