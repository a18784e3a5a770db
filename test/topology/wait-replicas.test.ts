import { randomUUID } from "node:crypto";
import { createLocker, inProcessDriver } from "@distlock/core";
import { type RedisServer, startCluster, startFaultProxy, startRedis, startSentinel } from "@distlock/testing";
import { Redis as Redis5 } from "ioredis-5";
import { Cluster, Redis } from "ioredis-6";
import { createClientPool, createCluster, createSentinel } from "redis-6";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { ofIoredis, ofNodeRedis, type TestClient } from "../support/client";
import { clients, clusterClients, sentinelClients } from "../support/clients";
import { createLockers } from "../support/lockers";
import { urlOf } from "../support/topology-url";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until, untilWaiting } from "../support/until";

// Nodes that are frozen here are not to be taken for dead.
const [sentinel, cluster] = await Promise.all([
  startSentinel({ downAfter: 60_000 }),
  startCluster({ nodeTimeout: 60_000 }),
]);
const { open, openOn, end } = createLockers();

refuseUnhandledRejections();
afterEach(end);
afterAll(async () => {
  await sentinel.stop();
  await cluster.stop();
});

interface Place {
  readonly url: string;
  readonly names: readonly string[];
  /** How many replicas each primary has. */
  readonly replicas: number;
  primary(key: string): Promise<RedisServer>;
  replicasOf(key: string): Promise<readonly RedisServer[]>;
}

const places: Readonly<Record<string, Place>> = {
  Sentinel: {
    url: urlOf(sentinel),
    names: Object.keys(sentinelClients),
    replicas: 2,
    primary: () => sentinel.primary(),
    async replicasOf() {
      const primary = await sentinel.primary();
      return sentinel.nodes.filter((node) => node !== primary);
    },
  },
  Cluster: {
    url: urlOf(cluster),
    names: Object.keys(clusterClients),
    replicas: 1,
    primary: (key) => cluster.primary(key),
    replicasOf: async (key) => [await cluster.replica(key)],
  },
};

/** With all replicas of the key's primary frozen. */
async function frozen(place: Place, key: string, run: () => Promise<void>): Promise<void> {
  const replicas = await place.replicasOf(key);
  for (const replica of replicas) await replica.signal("SIGSTOP");
  try {
    await run();
  } finally {
    for (const replica of replicas) await replica.signal("SIGCONT");
  }
}

/** How often the primary was asked to wait. */
async function waits(place: Place, key: string): Promise<number> {
  const stats = String(await (await place.primary(key)).command("INFO", "commandstats"));
  return Number(/cmdstat_wait:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

describe.each(Object.entries(places))("%s", (_, place) => {
  const tag = `{replicas:${randomUUID()}}`;
  const newKey = () => `${tag}:${randomUUID()}`;

  test.each(place.names)("%s: a grant counts when the replicas have it", async (name) => {
    const { locker } = await open(name, place.url, { waitReplicas: place.replicas });
    const before = await waits(place, tag);
    for (let i = 1; i <= 3; i++) {
      const lock = await locker.acquire(newKey());
      expect(await waits(place, tag)).toBe(before + i);
      await lock.release();
    }
    const several = await locker.acquire([newKey(), newKey(), newKey()]);
    expect(several.fences.size).toBe(3);
    await several.release();
    const spread = await locker.acquire([randomUUID(), randomUUID(), randomUUID()]);
    await spread.release();
    await (await locker.acquire(newKey(), { waitReplicas: 0 })).release();
    expect(await waits(place, tag)).toBeLessThanOrEqual(before + 7);
  });

  test("with too few it is undone, and nothing else waits meanwhile", async () => {
    const all = await Promise.all(place.names.map((name) => open(name, place.url)));
    await Promise.all(all.map(async ({ locker }) => (await locker.acquire(newKey(), { waitReplicas: 1 })).release()));
    await frozen(place, tag, async () => {
      await Promise.all(
        all.map(async ({ client, locker }) => {
          const key = newKey();
          let over = false;
          const outcome = locker.acquire(key, { waitReplicas: 1 }).catch((error: unknown) => {
            over = true;
            return error;
          });
          await until(async () => (await locker.inspect(key)).held);
          let meanwhile = 0;
          for (let i = 0; i < 5; i++) {
            await (await locker.acquire(newKey())).release();
            await client.get(newKey());
            if (!over) meanwhile++;
          }
          // A busy machine may need the whole time for one of them. Behind the WAIT there would be none.
          expect(meanwhile).toBeGreaterThan(0);
          const error = await outcome;
          expect(error).toMatchObject({
            code: "LOCK_BACKEND",
            key,
            message: expect.stringContaining("0 of 1 replicas acknowledged it within 1000 ms"),
          });
          expect(await locker.inspect(key)).toMatchObject({ held: false, waiting: 0 });
          await (await locker.acquire(key)).release();
        }),
      );
    });
  });

  test("many grants at once are acknowledged as soon as one, none of them by a timeout", async () => {
    const { locker } = await open("ioredis 6.0.0", place.url, { waitReplicas: 1 });
    await frozen(place, tag, async () => {
      const keys = Array.from({ length: 40 }, newKey);
      const calls = [
        ...keys.slice(0, 20).map((key) => locker.acquire(key)),
        ...keys.slice(20, 30).map((key) => locker.tryAcquire(key)),
        ...keys.slice(30).map((key) => locker.withLock(key, () => expect.unreachable())),
      ];
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toMatchObject({
          status: "rejected",
          reason: expect.objectContaining({ message: expect.stringContaining("0 of 1 replicas") }),
        });
      }
      for (const key of keys) expect((await locker.inspect(key)).held).toBe(false);
    });
  });

  test("a lock that is handed over counts when the replicas have it", async () => {
    const { locker } = await open("redis 6.3.1", place.url, { waitReplicas: 1, timeout: 20_000 });
    const key = newKey();
    const lock = await locker.acquire(key);
    const granted = locker.acquire(key);
    await untilWaiting(locker, key, 1);
    const before = await waits(place, key);
    await lock.release();
    const next = await granted;
    expect(next.fence).toBeGreaterThan(lock.fence);
    expect(await waits(place, key)).toBe(before + 1);
    const refused = expect(locker.acquire(key)).rejects.toThrow(/0 of 1 replicas/);
    await untilWaiting(locker, key, 1);
    await frozen(place, tag, async () => {
      await next.release();
      await refused;
      expect(await locker.inspect(key)).toMatchObject({ held: false, waiting: 0 });
    });
  });

  test("a connection that is lost while it waits counts nothing", async () => {
    const all = await Promise.all(
      place.names.map((name) => open(name, place.url, { waitReplicas: 1, timeout: 3_000 })),
    );
    await Promise.all(all.map(async ({ locker }) => (await locker.acquire(newKey())).release()));
    const primary = await place.primary(tag);
    const waiting = async () =>
      [...String(await primary.command("CLIENT", "LIST")).matchAll(/^id=(\d+) .*flags=b.*cmd=wait/gm)].map(
        ([, id]) => id!,
      );
    await frozen(place, tag, async () => {
      const keys = all.map(newKey);
      const refused = all.map(({ locker }, i) =>
        expect(locker.acquire(keys[i]!)).rejects.toMatchObject({ code: "LOCK_BACKEND" }),
      );
      await until(async () => (await waiting()).length === all.length);
      for (const id of await waiting()) await primary.command("CLIENT", "KILL", "ID", id);
      await Promise.all(refused);
      for (const [i, { locker }] of all.entries()) await until(async () => !(await locker.inspect(keys[i]!)).held);
    });
  });

  test("a call that wants more replicas than there are does not delay calls that want fewer", async () => {
    const { locker } = await open("ioredis 6.0.0", place.url);
    let over = false;
    const refused = locker.acquire(newKey(), { waitReplicas: place.replicas + 1 }).catch((error: unknown) => {
      over = true;
      return error;
    });
    await (await locker.acquire(newKey(), { waitReplicas: 1 })).release();
    let meanwhile = 0;
    for (let i = 0; i < 5; i++) {
      await (await locker.acquire(newKey(), { waitReplicas: 1 })).release();
      if (!over) meanwhile++;
    }
    expect(meanwhile).toBeGreaterThan(0);
    expect(await refused).toMatchObject({ code: "LOCK_BACKEND" });
  });

  test("a wait that ends while replicas are awaited is not contention", async () => {
    const { locker } = await open("ioredis 6.0.0", place.url, { waitReplicas: 1 });
    await (await locker.acquire(newKey())).release();
    await frozen(place, tag, async () => {
      const key = newKey();
      const held = await locker.acquire(key, { waitReplicas: 0 });
      const began = performance.now();
      const refused = expect(locker.acquire(key, { timeout: 3_000 })).rejects.toMatchObject({ code: "LOCK_BACKEND" });
      await untilWaiting(locker, key, 1);
      // So late that silence for the rest of the time lasts less than half of it; and behind another's WAIT.
      await until(async () => performance.now() - began > 1_600);
      const other = expect(locker.acquire(newKey())).rejects.toMatchObject({ code: "LOCK_BACKEND" });
      await held.release();
      await refused;
      await other;
      await until(async () => !(await locker.inspect(key)).held);
    });
  });

  test("its connections end with the locker, even while grants gather", async () => {
    const primary = await place.primary(tag);
    const waiters = async () => String(await primary.command("CLIENT", "LIST")).split("cmd=wait").length - 1;
    for (const name of ["ioredis 6.0.0", "redis 6.3.1"]) {
      const { locker } = await open(name, place.url, { waitReplicas: 1 });
      await (await locker.acquire(newKey())).release();
      await frozen(place, tag, async () => {
        const ended: Promise<unknown>[] = [];
        for (let i = 0; i < 3; i++) {
          const key = newKey();
          ended.push(expect(locker.acquire(key)).rejects.toMatchObject({ code: "LOCKER_CLOSED" }));
          await until(async () => (await locker.inspect(key)).held);
        }
        await locker.close();
        await Promise.all(ended);
      });
      await until(async () => (await waiters()) === 0);
    }
  });

  test("its connections end with the locker", async () => {
    for (const name of place.names) {
      const { locker } = await open(name, place.url, { waitReplicas: 1 });
      const primary = await place.primary(tag);
      const waiters = async () => String(await primary.command("CLIENT", "LIST")).split("cmd=wait").length - 1;
      await until(async () => (await waiters()) === 0);
      await (await locker.acquire(newKey())).release();
      expect(await waiters()).toBe(1);
      await locker.close();
      await until(async () => (await waiters()) === 0);
    }
  });
});

const { nodes: clusterNodes } = cluster;
const addresses = (servers: readonly RedisServer[]) => servers.map(({ host, port }) => ({ host, port }));
const sentinels = { name: sentinel.name, sentinels: addresses(sentinel.sentinels) };
const ofSentinel = { name: sentinel.name, sentinelRootNodes: addresses(sentinel.sentinels) };
const rootNodes = addresses(clusterNodes.slice(0, 3)).map((socket) => ({ socket }));

test.each<[string, (keyPrefix: string) => Promise<TestClient>]>([
  ["Redis of ioredis", async (keyPrefix) => ofIoredis(new Redis({ ...sentinels, keyPrefix }))],
  [
    "Cluster of ioredis",
    async (keyPrefix) => ofIoredis(new Cluster(addresses(clusterNodes.slice(0, 3)), { keyPrefix })),
  ],
  [
    "Cluster of ioredis, of its nodes",
    async (keyPrefix) => ofIoredis(new Cluster(addresses(clusterNodes.slice(0, 3)), { redisOptions: { keyPrefix } })),
  ],
  ["Cluster of redis", (keyPrefix) => ofNodeRedis(createCluster({ rootNodes, keyPrefix }))],
  [
    "Sentinel of redis",
    (keyPrefix) =>
      ofNodeRedis(createSentinel({ ...ofSentinel, keyPrefix, nodeClientOptions: { keyPrefix: "not:" } } as never)),
  ],
  [
    "pool of redis",
    async (keyPrefix) => {
      const { url } = await sentinel.primary();
      return ofNodeRedis(createClientPool({ url, keyPrefix }));
    },
  ],
])("is asked for under a client's keyPrefix: %s", async (_, connect) => {
  const { locker } = openOn(await connect("app:"), { waitReplicas: 1 });
  const keys = [`{prefixed}:${randomUUID()}`, `{prefixed}:${randomUUID()}`];
  for (let round = 0; round < 3; round++) await (await locker.acquire(keys)).release();
  const many = Array.from({ length: 20 }, () => locker.withLock(randomUUID(), ({ isHeld }) => isHeld));
  expect(await Promise.all(many)).toEqual(many.map(() => true));
});

test.each([
  [
    "ioredis 5.11.1",
    () => new Redis5({ ...sentinels, enableAutoPipelining: true, autoPipeliningIgnoredCommands: ["WAIT"] }),
  ],
  [
    "ioredis 6.0.0",
    () => new Redis({ ...sentinels, enableAutoPipelining: true, autoPipeliningIgnoredCommands: ["WAIT"] }),
  ],
])("is asked for behind the grant, even where the client gathers commands: %s", async (_, connect) => {
  const { locker } = openOn(ofIoredis(connect()), { waitReplicas: 1 });
  for (let round = 0; round < 3; round++) await (await locker.acquire(randomUUID())).release();
  await frozen(places.Sentinel!, "", async () => {
    await expect(locker.acquire(randomUUID())).rejects.toThrow(/0 of 1 replicas/);
  });
});

test("keys in many slots of one primary are asked for together", async () => {
  const { locker } = await open("ioredis 6.0.0", urlOf(cluster), { waitReplicas: 1 });
  const { locker: other } = await open("redis 6.3.1", urlOf(cluster), { waitReplicas: 1 });
  const primary = await cluster.primary("a");
  const keys: string[] = [];
  for (let i = 0; keys.length < 8; i++) if ((await cluster.primary(`many:${i}`)) === primary) keys.push(`many:${i}`);
  await frozen(places.Cluster!, "a", async () => {
    for (const one of [locker, other]) {
      const calls = [...keys.slice(0, 4).map((key) => one.acquire(key)), one.acquire(keys.slice(4))];
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toMatchObject({
          status: "rejected",
          reason: expect.objectContaining({ message: expect.stringContaining("0 of 1 replicas") }),
        });
      }
    }
  });
});

test("a connection that is lost leaves none to the Sentinels behind", async () => {
  const client = new Redis({ ...sentinels, failoverDetector: true });
  const { locker } = openOn(ofIoredis(client), { waitReplicas: 1 });
  const listeners = async () => {
    const lists = await Promise.all(sentinel.sentinels.map((each) => each.command("CLIENT", "LIST", "TYPE", "pubsub")));
    return lists.reduce<number>((sum, list) => sum + String(list).split("\n").filter(Boolean).length, 0);
  };
  await (await locker.acquire(randomUUID())).release();
  const before = await listeners();
  const primary = await sentinel.primary();
  for (let i = 0; i < 3; i++) {
    const id = /^id=(\d+) .*cmd=wait/m.exec(String(await primary.command("CLIENT", "LIST")))![1]!;
    await primary.command("CLIENT", "KILL", "ID", id);
    await (await locker.acquire(randomUUID())).release();
  }
  await until(async () => (await listeners()) <= before);
});

test("goes on after a failover", async () => {
  const { locker } = await open("ioredis 6.0.0", urlOf(sentinel), { waitReplicas: 1, timeout: 20_000 });
  const { locker: other } = await open("redis 6.3.1", urlOf(sentinel), { waitReplicas: 1, timeout: 20_000 });
  for (const one of [locker, other]) await (await one.acquire(randomUUID())).release();
  await sentinel.failover();
  for (const one of [locker, other]) await (await one.acquire(randomUUID())).release();
});

test("does not cover a failover to a replica that has not acknowledged", async () => {
  const primary = await startRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  const link = await startFaultProxy(primary);
  const follow = (port: string | number) => ["--replicaof", "127.0.0.1", String(port)];
  const [near, far] = [
    await startRedis({ args: follow(primary.port) }),
    await startRedis({ args: follow(new URL(link.url).port) }),
  ];
  const linked = async (node: RedisServer) => /master_link_status:up/.test(String(await node.command("INFO")));
  await until(async () => (await linked(near)) && (await linked(far)));
  link.set("hold"); // the far replica receives no more
  const client = await clients["ioredis 6.0.0"]!(primary.url);
  const locker = createLocker(client.driver);
  const lock = await locker.acquire("account", { waitReplicas: 1 });
  await expect(locker.acquire("other", { waitReplicas: 2 })).rejects.toThrow(/1 of 2 replicas/);
  await primary.signal("SIGKILL");
  await far.command("REPLICAOF", "NO", "ONE");
  const promoted = await clients["ioredis 6.0.0"]!(far.url);
  const next = await createLocker(promoted.driver).acquire("account");
  expect(lock.isHeld).toBe(true); // two holders: only the fence tells them apart
  expect(next.fence).toBeGreaterThan(lock.fence);
  for (const each of [client, promoted]) each.close();
  await locker.close();
  await link.stop();
  for (const node of [near, far, primary]) await node.stop();
});

test("must be an integer, and a driver must know of replicas, before anything is asked", async () => {
  const locker = createLocker(inProcessDriver());
  for (const [waitReplicas, error] of [
    [-1, RangeError],
    [1.5, RangeError],
    ["1", TypeError],
    [1, RangeError],
  ] as const) {
    await expect(locker.acquire("k", { waitReplicas: waitReplicas as number })).rejects.toThrow(error);
  }
  await expect(locker.acquire("k", { waitReplicas: 1 })).rejects.toThrow(/waitReplicas must be 0: this driver/);
  expect(() => createLocker(inProcessDriver(), { waitReplicas: 1 })).toThrow(RangeError);
  await (await locker.acquire("k", { waitReplicas: 0 })).release();
});
