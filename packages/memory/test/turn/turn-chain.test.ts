import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createLocker, inProcessDriver, type Lock, type Locker, observe } from "@distlock/core";
import { expect, onTestFinished, test } from "vitest";
import { InProcessMemory, LockedMemory, lockMethods } from "../../src/index";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** A locker, and how many of its locks something still holds on to. */
function watched() {
  const inner = createLocker(inProcessDriver());
  const taken: WeakRef<Lock>[] = [];
  const locker = {
    ...inner,
    async acquire(key: string, options?: object) {
      const lock = await inner.acquire(key, options);
      taken.push(new WeakRef(lock));
      return lock;
    },
  } as Locker;
  async function kept(): Promise<number> {
    for (let n = 0; n < 3; n++) {
      await setImmediate();
      collectGarbage();
    }
    return taken.filter((lock) => lock.deref()).length;
  }
  return { locker, taken, kept };
}

/** Jobs of which each starts the next: what runs in the last one's context when all the others are done. */
async function chain(length: number, job: (n: number, next: () => void) => Promise<unknown>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const start = (n: number): void => {
      if (n === length) resolve();
      else job(n, () => void setImmediate().then(() => start(n + 1))).catch(reject);
    };
    start(0);
  });
}

test.each([false, true])(
  "a turn that started the next, and so on, is not remembered by the last (observed: %s)",
  async (isObserved) => {
    if (isObserved) {
      const observer = observe({});
      onTestFinished(() => observer[Symbol.dispose]());
    }
    const { locker, taken, kept } = watched();
    const memories = [0, 1, 2].map((n) => new LockedMemory(new InProcessMemory(), locker, { key: `chain:${n}` }));
    let left: Promise<number> | undefined;
    await chain(100, async (n, next) => {
      await memories[n % 3]!.withTurn(async (turn) => {
        await turn.load();
        if (n === 99) left = setImmediate().then(kept);
        next();
      });
    });
    expect(taken).toHaveLength(100);
    expect(await left).toBeLessThan(10);
  },
);

test("nor is a locked call", async () => {
  const { locker, taken, kept } = watched();
  let left: Promise<number> | undefined;
  const jobs = { run: async (_n: number, next: () => void) => next() };
  const locked = lockMethods(jobs, locker, { write: ["run"], key: (_method, [n]) => `chain:${n % 3}` });
  await chain(100, async (n, next) => {
    await locked.run(n, () => {
      if (n === 99) left = setImmediate().then(kept);
      next();
    });
  });
  expect(taken).toHaveLength(100);
  expect(await left).toBeLessThan(10);
});
