import { randomUUID } from "node:crypto";
import { createLocker, LockError } from "@distlock/core";
import { driverContract, type RedisServer, type Reply, startCluster, startSentinel } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import type { TestClient } from "../support/client";
import { clusterClients, newestOf, sentinelClients } from "../support/clients";
import { urlOf } from "../support/topology-url";
import { until, untilWaiting } from "../support/until";
import { byMessageOnly, withQueue } from "../support/with-queue";
import { startWorker } from "../support/worker";

const [sentinel, cluster] = await Promise.all([startSentinel(), startCluster()]);

afterAll(async () => {
  await sentinel.stop();
  await cluster.stop();
});

/** Where the key of a command stands, for those that are not of the server as a whole. */
const keyOf = ([name, ...args]: readonly string[]): string | undefined =>
  name === "EVAL" ? args[2] : name === "KEYS" || name === "SCRIPT" ? undefined : args[0];

async function ofCluster(...args: readonly string[]): Promise<Reply> {
  const key = keyOf(args);
  if (key !== undefined) return (await cluster.primary(key)).command(...args);
  const replies = await Promise.all(cluster.nodes.slice(0, 3).map((node) => node.command(...args)));
  return args[0] === "KEYS" ? (replies.flat() as Reply) : replies[0]!;
}

const topologies = [
  {
    kind: "Sentinel",
    url: urlOf(sentinel),
    nodes: sentinel.nodes,
    clients: sentinelClients,
    command: async (...args: readonly string[]) => (await sentinel.primary()).command(...args),
  },
  { kind: "Cluster", url: urlOf(cluster), nodes: cluster.nodes, clients: clusterClients, command: ofCluster },
];
type Connect = (url: string) => Promise<TestClient>;

describe.each(topologies)("$kind", ({ url, nodes, clients, command }) => {
  const versions: [string, Connect][] = Object.entries(newestOf(clients));

  /** On which nodes somebody listens. */
  const listening = async () => {
    const channels = await Promise.all(nodes.map((node) => node.command("PUBSUB", "CHANNELS", "distlock:*")));
    return nodes.filter((_, i) => (channels[i] as readonly Reply[]).length > 0);
  };

  /** Not the connections of the Sentinels, which would take the server for one that is disconnected. */
  async function killListeners(node: RedisServer): Promise<void> {
    for (const line of String(await node.command("CLIENT", "LIST", "TYPE", "pubsub")).split("\n")) {
      const id = /^id=(\d+)/.exec(line)?.[1];
      if (id && !line.includes("name=sentinel")) await node.command("CLIENT", "KILL", "ID", id);
    }
  }

  describe.each(versions)("%s", (_, connect) => {
    test("keeps the driver contract", async () => {
      const ends = [await connect(url), await connect(url)] as const;
      const cases = driverContract({ drivers: [ends[0].driver, ends[1].driver], command });
      for (const { title, run } of cases) {
        await run().catch((cause) => {
          throw new Error(`not kept: ${title}`, { cause });
        });
      }
      for (const end of ends) end.close();
    });

    /** A locker that learns of a grant by message only, and one that has none to wait for. */
    async function open() {
      const client = await connect(url);
      const { driver } = client;
      let opened = 0;
      const deaf = withQueue(byMessageOnly(driver), {
        async listen(...listening) {
          const close = await driver.queue!.listen(...listening);
          opened++;
          return close;
        },
      });
      const [holder, waiter] = [createLocker(driver), createLocker(deaf, { timeout: 20_000 })];
      return {
        holder,
        waiter,
        opened: () => opened,
        async close() {
          await waiter.close();
          await holder.close();
          await until(async () => (await listening()).length === 0);
          client.close();
        },
      };
    }

    test("is granted by message, with no heartbeat in between, whatever the slot", async () => {
      const { holder, waiter, opened, close } = await open();
      for (let round = 0; round < 6; round++) {
        const key = `message:${randomUUID()}`;
        const lock = await holder.acquire(key);
        const waiting = waiter.acquire(key);
        waiting.catch(() => {});
        await untilWaiting(holder, key, 1);
        await until(async () => opened() === 1);
        await lock.release();
        const next = await waiting;
        expect(next.fence).toBeGreaterThan(lock.fence);
        await next.release();
      }
      await close();
    });

    test("listens again after its connection was killed, and says so", async () => {
      const { holder, waiter, opened, close } = await open();
      const key = `killed:${randomUUID()}`;
      const lock = await holder.acquire(key);
      const waiting = waiter.acquire(key);
      waiting.catch(() => {});
      await untilWaiting(holder, key, 1);
      for (let round = 1; round <= 3; round++) {
        await until(async () => opened() === round);
        for (const node of await listening()) await killListeners(node);
      }
      await until(async () => opened() === 4);
      await lock.release();
      await (await waiting).release();
      await close();
    });

    test("notifies a holder that it was forced out", async () => {
      const { holder, waiter, opened, close } = await open();
      const [key, other] = [`forced:${randomUUID()}`, `forced:${randomUUID()}`];
      const held = await holder.acquire(other);
      const waiting = waiter.acquire(other);
      await until(async () => opened() === 1);
      const lock = await waiter.acquire(key);
      const lost = new Promise((resolve) => lock.signal.addEventListener("abort", () => resolve(lock.signal.reason)));
      expect(await holder.forceRelease(key)).toBe(true);
      expect(LockError.is(await lost)).toBe(true);
      expect(lock.isHeld).toBe(false);
      await held.release();
      await (await waiting).release();
      await close();
    });
  });

  test("processes on the oldest and the newest clients add 40 times each to a counter, one at a time", async () => {
    const key = `counter:${randomUUID()}`;
    const crew = ["ioredis 5.3.0", "ioredis 6.0.0", "iovalkey 0.4.0", "redis 4.6.0", "redis 5.0.0", "redis 6.3.1"];
    const names = crew.filter((name) => name in clients);
    expect(names.length).toBeGreaterThan(4);
    const workers = names.map((name) => startWorker("count", name, url, key, "40", "locked"));
    await Promise.all(workers.map((worker) => worker.next()));
    for (const worker of workers) worker.process.send("go");
    expect(await Promise.all(workers.map((worker) => worker.ended))).toEqual(workers.map(() => 0));
    expect(await command("GET", key)).toBe(String(40 * workers.length));
  });

  test("10 waiters in each of several lockers are granted in the order of their arrival", async () => {
    const ends = await Promise.all(versions.map(([, connect]) => connect(url)));
    const lockers = ends.map(({ driver }) => createLocker(driver, { timeout: 25_000 }));
    const key = `order:${randomUUID()}`;
    const lock = await lockers[0]!.acquire(key);
    const order: number[] = [];
    const waits: Promise<void>[] = [];
    for (let id = 0; id < 10 * lockers.length; id++) {
      const waiting = lockers[id % lockers.length]!.acquire(key).then(async (granted) => {
        order.push(id);
        await granted.release();
      });
      waits.push(waiting);
      await untilWaiting(lockers[0]!, key, id + 1);
    }
    await lock.release();
    await Promise.all(waits);
    expect(order).toEqual(waits.map((_, id) => id));
    for (const locker of lockers) await locker.close();
    for (const end of ends) end.close();
  });
});
