import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { behindProxy } from "../support/behind-proxy";
import type { TestClient } from "../support/client";
import { expectSoonFree, leftBehind } from "../support/left-behind";
import { machineClock } from "../support/machine-clock";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { until, untilWaiting } from "../support/until";

const here = await behindProxy();
const { server, redis, open } = here;
const clock = machineClock(() => redis.ping());

interface Fault {
  begin(): unknown;
  /** Once something was sent. */
  go?(): Promise<void>;
  heal(): unknown;
}

const faults: Readonly<Record<string, Fault>> = {
  "a frozen server": { begin: () => server.signal("SIGSTOP"), heal: () => server.signal("SIGCONT") },
  "answers that are held back": { begin: () => here.proxy.set("hold"), heal: () => here.proxy.set("pass") },
  "a black hole": { begin: () => here.proxy.set("hold", { way: "both" }), heal: () => here.proxy.set("pass") },
  "a black hole that swallows first the answers, then all, and ends in a reset": {
    begin: () => here.proxy.set("drop"),
    async go() {
      await until(async () => here.proxy.kept > 0);
      here.proxy.set("drop", { way: "both" });
    },
    heal() {
      here.proxy.set("pass");
      here.proxy.reset();
    },
  },
};

/** The client's own reconnection is not what is measured: from then on a second is promised. */
const connected = (client: TestClient) =>
  until(() =>
    client.get("any").then(
      () => true,
      () => false,
    ),
  );

describe.each(oldestAndNewest)("%s", (name) => {
  test.each(Object.entries(faults))(
    "an acquire that ended during %s leaves nothing",
    async (_, { begin, go, heal }) => {
      const { client, locker } = await open(name, here.proxy.url);
      const { client: near, locker: other } = await open(name, server.url);
      const id = randomUUID();
      await (await locker.acquire(`before:${id}`)).release();
      await begin();
      const controller = new AbortController();
      const reason = new Error("user went away");
      const ended = [
        expect(locker.acquire(`timeout:${id}`, { timeout: 150 })).rejects.toMatchObject({ code: "LOCK_BACKEND" }),
        expect(locker.acquire(`signal:${id}`, { signal: controller.signal })).rejects.toBe(reason),
        expect(locker.acquire(`retry:${id}`, { wait: "retry", timeout: 150 })).rejects.toMatchObject({
          code: "LOCK_BACKEND",
        }),
      ];
      await go?.();
      await ended[0];
      controller.abort(reason);
      await Promise.all(ended);
      await heal();
      await connected(client);
      await near.get("any");
      for (const key of ["timeout", "signal", "retry"].map((how) => `${how}:${id}`)) {
        await expectSoonFree(redis, key);
        const lock = await other.tryAcquire(key);
        expect(lock, key).not.toBeNull();
        await lock!.release();
      }
      expect(await leftBehind(redis, id)).toEqual([]);
    },
  );

  test.each(Object.entries(faults))("a wait that ended during %s leaves no place", async (_, { begin, go, heal }) => {
    const { client, locker } = await open(name, here.proxy.url);
    const { client: near, locker: other } = await open(name, server.url);
    const key = `wait:${randomUUID()}`;
    const held = await other.acquire(key);
    const controller = new AbortController();
    const before = expect(locker.acquire(key, { signal: controller.signal })).rejects.toBe("gone");
    await untilWaiting(other, key, 1);
    await begin();
    // One waiter is in the queue already. The request of the other one for a place has no answer.
    const code = expect.stringMatching(/^LOCK_/);
    const after = expect(locker.acquire(key, { timeout: 150 })).rejects.toMatchObject({ code });
    await go?.();
    await after;
    controller.abort("gone");
    await before;
    await heal();
    await connected(client);
    await near.get("any");
    const since = clock();
    await until(async () => (await other.inspect(key)).waiting === 0);
    expect(clock() - since).toBeLessThan(2_000);
    expect(await other.inspect(key)).toMatchObject({ held: true });
    await held.release();
    await expectSoonFree(redis, key);
  });
});
