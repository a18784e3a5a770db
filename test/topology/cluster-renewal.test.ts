import { randomUUID } from "node:crypto";
import { createLocker, type Driver, type Lock } from "@distlock/core";
import { type RedisServer, startCluster } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, expect, test } from "vitest";
import { clusterClients, newestOf } from "../support/clients";
import { machineClock } from "../support/machine-clock";
import { urlOf } from "../support/topology-url";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until } from "../support/until";

/** A node that is frozen stays a primary. */
const cluster = await startCluster({ nodeTimeout: 60_000 });
const primaries = cluster.nodes.slice(0, 3);

refuseUnhandledRejections();
afterAll(async () => {
  beside.disconnect();
  await cluster.stop();
});

const TTL = 1_500;
/** What a timer may come late, on a clock that waits for a busy machine. */
const PROMPT = 100;
const beside = new Redis(primaries[1]!.url);
const clock = machineClock(() => beside.ping());

/** Hash tags, each in another slot, and all on one node. */
async function tagsOn(node: RedisServer, count: number): Promise<string[]> {
  const tags: string[] = [];
  for (let i = 0; tags.length < count; i++) if ((await cluster.primary(`{${i}}`)) === node) tags.push(`{${i}}`);
  return tags;
}

interface Extended {
  /** When the last request was sent that was granted. */
  acknowledged: number;
  /** The longest time that an answer took, since all were extended first. */
  longest: number;
  readonly times: number;
}

/** A driver that notes how extensions went, by key. */
function noting(driver: Driver): { driver: Driver; extended: Map<string, Extended> } {
  const extended = new Map<string, Extended>();
  return {
    extended,
    driver: {
      ...driver,
      async extend(request) {
        const sent = clock();
        const reply = await driver.extend(request);
        const { longest, times } = extended.get(request.key) ?? { longest: 0, times: 0 };
        const took = clock() - sent;
        if (reply === "held") {
          extended.set(request.key, { acknowledged: sent, longest: Math.max(longest, took), times: times + 1 });
        }
        return reply;
      },
    },
  };
}

test("a frozen node delays the extension of no lock on another one, and its own locks are signalled as lost by their deadline", async () => {
  const [frozen, ...others] = primaries as [RedisServer, ...RedisServer[]];
  const lines = await Promise.all(
    Object.entries(newestOf(clusterClients)).map(async ([name, connect]) => {
      const end = await connect(urlOf(cluster));
      const { driver, extended } = noting(end.driver);
      const locker = createLocker(driver);
      const on = async (node: RedisServer) => {
        const keys = (await tagsOn(node, 2)).flatMap((tag) => [1, 2, 3].map((n) => `${tag}:${n}:${randomUUID()}`));
        return Promise.all(keys.map((key) => locker.acquire(key, { ttl: TTL, autoExtend: true })));
      };
      const doomed = await on(frozen);
      const safe = (await Promise.all(others.map(on))).flat();
      const toldAt = new Map<string, number>();
      for (const { key, signal } of doomed) {
        signal.addEventListener("abort", () => toldAt.set(key, clock()), { once: true });
      }
      for (const { signal } of safe) expect(signal.aborted).toBe(false);
      return { name, end, locker, extended, doomed, safe, toldAt };
    }),
  );
  const since = (locks: readonly Lock[], extended: Map<string, Extended>, time: number) =>
    locks.every(({ key }) => (extended.get(key)?.acknowledged ?? 0) > time);
  const began = clock();
  await until(async () => lines.every(({ doomed, safe, extended }) => since([...doomed, ...safe], extended, began)));
  for (const { extended } of lines) for (const each of extended.values()) each.longest = 0;

  await frozen.signal("SIGSTOP");
  const frozenAt = clock();
  await until(async () =>
    lines.every(({ safe, extended, doomed, toldAt }) => {
      for (const { isHeld } of safe) expect(isHeld).toBe(true);
      return since(safe, extended, frozenAt + 4 * TTL) && toldAt.size === doomed.length;
    }),
  );
  const longest = lines.map(({ name, safe, extended }) => {
    const each = Math.max(...safe.map(({ key }) => extended.get(key)!.longest));
    // Well within what is left when an extension is due.
    expect(each, name).toBeLessThan(TTL / 3);
    return `${name} ${Math.round(each)} ms`;
  });
  console.log(`the longest extension beside a frozen node: ${longest.join(", ")}`);
  for (const { name, doomed, toldAt, extended, safe } of lines) {
    for (const { key, isHeld } of doomed) {
      expect(isHeld, name).toBe(false);
      expect(toldAt.get(key)! - extended.get(key)!.acknowledged, name).toBeLessThan(TTL + PROMPT);
    }
    for (const { signal } of safe) expect(signal.aborted, name).toBe(false);
  }

  await frozen.signal("SIGCONT");
  for (const { locker, doomed, safe, end } of lines) {
    await Promise.all(safe.map(({ release }) => release()));
    for (const { key } of doomed) {
      await until(async () => !(await locker.inspect(key).catch(() => ({ held: true }))).held);
    }
    await locker.close();
    end.close();
  }
});

/** How many scripts a node ran since it was last asked. */
async function scriptsOf(node: RedisServer): Promise<number> {
  const stats = String(await node.command("INFO", "commandstats"));
  await node.command("CONFIG", "RESETSTAT");
  return [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

test.each(Object.entries(newestOf(clusterClients)))("%s: the locks of one slot share a script", async (_, connect) => {
  const end = await connect(urlOf(cluster));
  const { driver, extended } = noting(end.driver);
  const locker = createLocker(driver);
  const [node] = primaries as [RedisServer];
  const tags = await tagsOn(node, 2);
  const keys = Array.from({ length: 60 }, (_, i) => `${tags[i % 2]}:${i}:${randomUUID()}`);
  const locks = await Promise.all(keys.map((key) => locker.acquire(key, { ttl: TTL, autoExtend: true })));
  const all = async () => {
    const asked = clock();
    await until(async () => locks.every(({ key }) => (extended.get(key)?.acknowledged ?? 0) > asked));
  };
  await all();
  await scriptsOf(node);
  const times = () => Math.max(...[...extended.values()].map((each) => each.times));
  const before = times();
  for (let round = 0; round < 3; round++) await all();
  const scripts = await scriptsOf(node);
  // One per slot and round; some locks may come a step of the grid later than others, and a round may have begun.
  expect(scripts).toBeLessThanOrEqual(2 * 2 * (times() - before + 1));
  await Promise.all(locks.map(({ release }) => release()));
  await locker.close();
  end.close();
});
