import { randomUUID } from "node:crypto";
import type { Locker } from "@distlock/core";
import { type RedisServer, startCluster, startRedis, startSentinel } from "@distlock/testing";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { CLAIM } from "../../packages/core/src/driver/times";
import { clusterClients, newest, newestOf, sentinelClients } from "../support/clients";
import { createLockers } from "../support/lockers";
import { urlOf } from "../support/topology-url";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until, untilWaiting } from "../support/until";
import { startWaiting } from "../support/waiting-worker";

/** Waiting, on every topology with every client: what the waiting tests show in detail on one server. */
const [server, sentinel, cluster] = await Promise.all([startRedis(), startSentinel(), startCluster()]);
const lockers = createLockers();

refuseUnhandledRejections();
afterEach(lockers.end);
afterAll(async () => {
  await server.stop();
  await sentinel.stop();
  await cluster.stop();
});

interface Place {
  readonly url: string;
  readonly names: readonly string[];
  primaries(): Promise<readonly RedisServer[]>;
  primary(key: string): Promise<RedisServer>;
}

const places: Readonly<Record<string, Place>> = {
  "one server": {
    url: server.url,
    names: newest,
    primaries: async () => [server],
    primary: async () => server,
  },
  Sentinel: {
    url: urlOf(sentinel),
    names: Object.keys(newestOf(sentinelClients)),
    primaries: async () => [await sentinel.primary()],
    primary: () => sentinel.primary(),
  },
  Cluster: {
    url: urlOf(cluster),
    names: Object.keys(newestOf(clusterClients)),
    primaries: async () => cluster.nodes.slice(0, 3),
    primary: (key) => cluster.primary(key),
  },
};

const open = async (name: string, url: string): Promise<Locker> =>
  (await lockers.open(name, url, { timeout: 25_000 })).locker;

describe.each(Object.entries(places))("%s", (_, place) => {
  const { url, names } = place;

  async function expectFree(locker: Locker, key: string): Promise<void> {
    await until(async () => !(await locker.inspect(key)).held);
    expect(await locker.inspect(key)).toMatchObject({ held: false, waiting: 0 });
  }

  test("a process that is killed costs its ttl where it held a lock, and the claim where it was just granted one", async () => {
    const ttl = 1_500;
    await Promise.all(
      names.map(async (name) => {
        const [held, granted] = [`held:${randomUUID()}`, `granted:${randomUUID()}`];
        const [here, worker] = [await open(name, url), await startWaiting(name, url)];
        const lock = await here.acquire(granted);
        worker.acquire(1, granted);
        await untilWaiting(here, granted, 1);
        const next = here.acquire(granted);
        await untilWaiting(here, granted, 2);
        worker.acquire(2, held, { ttl, hold: true });
        const [mine] = await worker.granted(1);
        const waiting = here.acquire(held);
        await untilWaiting(here, held, 1);
        worker.signal("SIGSTOP");
        await lock.release();
        expect(await (await place.primary(granted)).command("PTTL", granted), name).toBeLessThanOrEqual(CLAIM);
        worker.signal("SIGKILL");
        const taken = await waiting;
        expect(taken.fence, name).toBeGreaterThan(mine!.fence);
        for (const each of [taken, await next]) await each.release();
        for (const key of [held, granted]) await expectFree(here, key);
      }),
    );
  });

  test("waits that end around the hand-over, by whatever, leave nothing and keep nobody waiting", async () => {
    await Promise.all(
      names.map(async (name) => {
        const [holder, bystander] = [await open(name, url), await open(name, url)];
        for (const how of ["signal", "timeout", "close"]) {
          const leaving = await open(name, url);
          const keys = Array.from({ length: 10 }, () => `ends:${randomUUID()}`);
          await Promise.all(
            keys.map(async (key, i) => {
              const held = await holder.acquire(key);
              const controller = new AbortController();
              const timeout = how === "timeout" ? 5 + i * 5 : 25_000;
              const first = leaving.acquire(key, { signal: controller.signal, timeout }).then((lock) => lock.release());
              const ended = Promise.allSettled([first]);
              const second = bystander.acquire(key);
              await until(async () => (await holder.inspect(key)).waiting > 0);
              const release = held.release();
              if (how === "signal") setTimeout(() => controller.abort(new Error("gone")), i / 2);
              if (how === "close" && i === 5) await leaving.close();
              await Promise.all([ended, release, second.then((lock) => lock.release())]);
            }),
          );
          for (const key of keys) await expectFree(holder, key);
        }
      }),
    );
  });

  test("a waiter queues again by itself when the servers lose everything", async () => {
    const keys: string[] = names.map(() => `loss:${randomUUID()}`);
    const lines = await Promise.all(
      names.map(async (name, i) => {
        const locker = await open(name, url);
        const lock = await locker.acquire(keys[i]!);
        const waiting = Array.from({ length: 4 }, async () => {
          const granted = await locker.acquire(keys[i]!);
          await granted.release();
          return granted.fence;
        });
        await untilWaiting(locker, keys[i]!, 4);
        return { locker, lock, waiting };
      }),
    );
    for (const primary of await place.primaries()) await primary.command("FLUSHALL");
    for (const [i, { locker, lock, waiting }] of lines.entries()) {
      for (const fence of await Promise.all(waiting)) expect(fence).toBeGreaterThan(lock.fence);
      await expect(lock.release()).rejects.toMatchObject({ code: "LOCK_LOST" });
      await expectFree(locker, keys[i]!);
    }
  });
});
