import { createLocker, inProcessDriver, observe } from "@distlock/core";
import { expect, test } from "vitest";
import { keysOf } from "../src/run/keys";
import { cut, defaultLabel } from "../src/run/label";
import { Interrupted } from "../src/run/signals";
import { type Hold, underLock } from "../src/run/under-lock";

test("a comma separates keys, unless each argument is one key; each key counts once", () => {
  expect(keysOf(["a,b", "c", "a"], false)).toEqual(["a", "b", "c"]);
  expect(keysOf(["a,b", "c"], true)).toEqual(["a,b", "c"]);
});

test.each([
  ["abc", 2, "ab"],
  ["aäb", 2, "a"],
  ["aäb", 3, "aä"],
  ["😀😀", 7, "😀"],
  ["", 0, ""],
])("%j cut to %i bytes is %j", (text, bytes, expected) => {
  expect(cut(text, bytes)).toBe(expected);
});

test("the default label has the name of the command, without folders, and fits", () => {
  expect(defaultLabel("/usr/bin/x")).toMatch(new RegExp(`^.+@.*:${process.pid} x$|^.{48}$`));
  expect(Buffer.byteLength(defaultLabel("ä".repeat(100)))).toBeLessThanOrEqual(48);
});

test.each([{}, { once: 60_000 }])(
  "a signal right after the grant: the work does not begin, and the lock is free %j",
  async (kind) => {
    const driver = inProcessDriver();
    const locker = createLocker(driver);
    const controller = new AbortController();
    const interruption = new Interrupted("SIGTERM");
    using _ = observe({
      end(operation) {
        if (operation.name === "acquire" && operation.outcome === "granted") controller.abort(interruption);
      },
    });
    const began: string[] = [];
    const taking = { keys: ["key"], options: {}, interrupted: controller.signal, patience: 5_000 };
    const done = underLock(
      locker,
      { ...taking, ...kind },
      async () => began.push("work"),
      () => true,
    );
    await expect(done).rejects.toBe(interruption);
    expect(began).toEqual([]);
    expect((await locker.inspect("key")).held).toBe(false);
    await locker.close();
  },
);

test("work that fails frees the lock", async () => {
  const driver = inProcessDriver();
  const locker = createLocker(driver);
  const taking = { keys: ["a", "b"], options: {}, interrupted: new AbortController().signal, patience: 5_000 };
  const work = async ({ fences }: Hold) => {
    throw new Error([...fences.keys()].join());
  };
  const done = underLock(locker, taking, work, () => true);
  await expect(done).rejects.toThrow("a,b");
  expect((await locker.inspect("a")).held).toBe(false);
  await locker.close();
});
