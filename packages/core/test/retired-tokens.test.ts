import { expect, test } from "vitest";
import type { Listener } from "../src/for-drivers";
import { createLocker, type Driver, inProcessDriver } from "../src/index";
import { useVirtualClock } from "./virtual-clock";

/** Messages to a locker of tokens whose lock it has released, or that it has given up. */
function open() {
  const driver = inProcessDriver();
  const released: string[] = [];
  let listener!: Listener;
  const watched: Driver = {
    ...driver,
    release(request) {
      released.push(request.token);
      return driver.release(request);
    },
    queue: {
      ...driver.queue!,
      listen(inbox, given, signal) {
        listener = given;
        return driver.queue!.listen(inbox, given, signal);
      },
    },
  };
  const asked: string[] = [];
  const locker = createLocker(
    {
      ...watched,
      acquire(request, call) {
        asked.push(request.token);
        return driver.acquire(request, call);
      },
    },
    { timeout: 20_000 },
  );
  const granted = (token: string, fence: number) => listener.granted(token, fence, 3_000);
  return { driver, locker, asked, released, granted };
}

test("a late copy of its own grant is ignored after the release; a later grant is passed on", async () => {
  const { locker, released, granted } = open();
  const first = await locker.acquire("k");
  const waiting = locker.acquire("k");
  await new Promise(setImmediate);
  await first.release();
  const { token, fence, release } = await waiting;
  granted(token, fence + 1); // it is held: nothing may undo it
  expect(released).toEqual([first.token]);
  await release();
  granted(token, fence);
  expect(released).toEqual([first.token, token]);
  granted(token, fence + 1);
  expect(released).toEqual([first.token, token, token]);
});

test("a grant to a token that was given up is passed on", async () => {
  const { locker, released, granted } = open();
  const first = await locker.acquire("k");
  const controller = new AbortController();
  const waiting = locker.acquire("k", { signal: controller.signal });
  await new Promise(setImmediate);
  controller.abort(new Error("gone"));
  await expect(waiting).rejects.toThrow("gone");
  const [token] = released as [string];
  granted(token, first.fence + 1);
  expect(released).toEqual([token, token]);
  await first.release();
});

test("a grant to a token that was replaced by another one is passed on", async () => {
  const time = useVirtualClock();
  const { driver, locker, asked, released, granted } = open();
  const first = await locker.acquire("k");
  const waiting = locker.acquire("k");
  await time.pass(1);
  const token = asked[1]!;
  // Somebody else releases the waiting token: it is dead, and the call goes on with a new one.
  await driver.release({ key: "k", token, tombstone: true });
  await time.pass(1_300);
  expect(new Set(asked).size).toBe(3);
  granted(token, first.fence + 1);
  expect(released).toEqual([token]);
  await first.release();
  await time.pass(1);
  await (await waiting).release();
});
