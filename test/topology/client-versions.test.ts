import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { RedisMemory } from "@distlock/memory";
import { memoryContract } from "@distlock/memory/contract";
import { type RedisServer, startRedis, startSentinel } from "@distlock/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allSlots } from "../support/all-slots";
import type { TestClient } from "../support/client";
import { clients, clusterClients, sentinelClients } from "../support/clients";
import { urlOf } from "../support/topology-url";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until, untilWaiting } from "../support/until";
import { byMessageOnly, withQueue } from "../support/with-queue";
import { testClosedEarly } from "./closed-early";

/*
 * What differs between the versions of a client, side by side on all that are supported. Their driver contract is in
 * the packages and `cluster-clients.test.ts`; waiting on one server in `waiting/clients.test.ts`.
 */

const [server, sentinel, cluster] = await Promise.all([
  startRedis(),
  startSentinel(),
  startRedis({ args: ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"] }),
]);
await cluster.command("CLUSTER", "ADDSLOTS", ...allSlots.map(String));
await until(async () => String(await cluster.command("CLUSTER", "INFO")).includes("cluster_state:ok"));

refuseUnhandledRejections();
afterAll(async () => {
  await server.stop();
  await sentinel.stop();
  await cluster.stop();
});

const places = [
  { where: "one server", url: server.url, kinds: clients, node: async () => server },
  { where: "what Sentinels watch", url: urlOf(sentinel), kinds: sentinelClients, node: () => sentinel.primary() },
  { where: "a Cluster", url: `cluster://${cluster.port}`, kinds: clusterClients, node: async () => cluster },
];

/** A locker that learns of a grant by message only, and how often it listened. */
function listening({ driver }: TestClient) {
  let listened = 0;
  const deaf = withQueue(byMessageOnly(driver), {
    async listen(...given) {
      const close = await driver.queue!.listen(...given);
      listened++;
      return close;
    },
  });
  return { holder: createLocker(driver), waiter: createLocker(deaf, { timeout: 25_000 }), listened: () => listened };
}

/** Not the connections of the Sentinels, which would take the server for one that is disconnected. */
async function killListeners(node: RedisServer): Promise<void> {
  for (const line of String(await node.command("CLIENT", "LIST", "TYPE", "pubsub")).split("\n")) {
    const id = /^id=(\d+)/.exec(line)?.[1];
    if (id && !line.includes("name=sentinel")) await node.command("CLIENT", "KILL", "ID", id);
  }
}

/** Memory is written and read by two of them at a time. */
const pairs = [
  ["ioredis 5.3.0", "redis 4.6.0"],
  ["ioredis 5.10.0", "redis 5.0.0"],
  ["iovalkey 0.4.0", "redis 5.8.0"],
  ["ioredis 5.11.1", "redis 6.0.0"],
] as const;

describe.each(places)("on $where", ({ where, url, kinds, node }) => {
  const ends = new Map<string, TestClient>();

  beforeAll(async () => {
    await Promise.all(
      Object.entries(kinds).map(async ([name, connect]) => {
        const end = await connect(url);
        ends.set(name, end);
        await end.driver.inspect("warm"); // what it opens for its first command is open then
      }),
    );
  });
  afterAll(async () => {
    for (const end of ends.values()) await end.close();
  });

  test("a waiter is granted by message, even after its connection was killed", async () => {
    const lines = [...ends].map(([name, end]) => ({ name, key: `versions:${randomUUID()}`, ...listening(end) }));
    for (const listens of [1, 2]) {
      const waits = await Promise.all(
        lines.map(async ({ name, key, holder, waiter, listened }) => {
          const lock = await holder.acquire(key);
          const waiting = waiter.acquire(key);
          waiting.catch(() => {});
          await untilWaiting(holder, key, 1);
          await until(async () => listened() > 0);
          return { name, lock, waiting };
        }),
      );
      if (listens === 2) await killListeners(await node());
      await until(async () => lines.every(({ listened }) => listened() === listens));
      for (const { name, lock, waiting } of waits) {
        await lock.release();
        const next = await waiting;
        expect(next.fence, name).toBeGreaterThan(lock.fence);
        await next.release();
      }
    }
    for (const { waiter, holder } of lines) await Promise.all([waiter.close(), holder.close()]);
  });

  testClosedEarly(node, () => [...ends.values()]);

  if (where === "what Sentinels watch") return; // memory asks like locks do
  describe.each(pairs)("memory through %s and %s", (...names) => {
    const create = () => {
      const session = randomUUID();
      const [one, two] = names.map((name) => new RedisMemory(ends.get(name)!.connection, { session }));
      return [one!, two!] as const;
    };
    const cases = memoryContract({ create, parts: ["search", "append", "replace", "signal", "names", "fences"] });
    test.each(cases.map(({ title, run }) => [title, run] as const))("%s", (_, run) => run());
  });
});
