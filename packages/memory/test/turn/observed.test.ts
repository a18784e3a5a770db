import { AsyncLocalStorage } from "node:async_hooks";
import { createLocker, inProcessDriver, observe } from "@distlock/core";
import { afterEach, expect, test } from "vitest";
import { LockedMemory, sessionKey } from "../../src/index";
import { FencedMemory } from "../support/fenced-memory";

const als = new AsyncLocalStorage<string>();
const seen: string[] = [];
let observer: Disposable | undefined;

function look(): void {
  seen.length = 0;
  observer = observe({
    begin(operation) {
      const what = operation.name === "turn" ? `turn of ${operation.session}` : operation.name;
      const call = operation.name === "acquire" ? ` for a ${operation.call}` : "";
      seen.push(`${what}${call} in ${als.getStore()}`);
    },
    end(operation, failure) {
      if (failure) seen.push(`${operation.name} failed: ${(failure.error as Error).name}`);
    },
    within: (operation, next) => als.run(operation.name, next),
  });
}
afterEach(() => observer?.[Symbol.dispose]());

const memoryOf = (session: string) =>
  new LockedMemory(new FencedMemory(), createLocker(inProcessDriver()), { key: sessionKey(session) });

test("a turn is one operation, with its session, and its work runs within the hold", async () => {
  const memory = memoryOf("session {1}");
  look();
  const where = await als.run("request", () =>
    memory.withTurn(async (turn) => {
      const atOnce = als.getStore();
      await turn.append(["hello"]);
      return [atOnce, als.getStore()];
    }),
  );
  expect(where).toEqual(["hold", "hold"]);
  expect(seen).toEqual([
    "turn of session {1} in request",
    "acquire for a turn in turn",
    "hold in turn",
    "release in turn",
  ]);
});

test("a turn that goes on ends with its last user; turns within it are not seen", async () => {
  const memory = memoryOf("s");
  look();
  const turn = await memory.beginTurn();
  const inside = await turn.run(async () => {
    await memory.withTurn(() => {});
    return als.getStore();
  });
  expect(inside).toBe("hold");
  await turn.end();
  expect(seen).toEqual(["turn of s in undefined", "acquire for a turn in turn", "hold in turn", "release in turn"]);
});

test("a busy session, and the abort of the caller, are not failures of a turn; a timeout is", async () => {
  const memory = memoryOf("s");
  const turn = await memory.beginTurn();
  look();
  await expect(memory.withTurn({ whenBusy: "reject" }, () => {})).rejects.toThrow();
  const controller = new AbortController();
  const wait = memory.withTurn({ signal: controller.signal }, () => {});
  controller.abort("gone");
  await expect(wait).rejects.toBe("gone");
  expect(seen.filter((each) => each.includes("failed"))).toEqual([]);
  await expect(memory.withTurn({ timeout: 5 }, () => {})).rejects.toThrow();
  expect(seen.filter((each) => each.includes("failed"))).toEqual([
    "acquire failed: LockNotAcquiredError",
    "turn failed: LockNotAcquiredError",
  ]);
  await turn.end();
});
