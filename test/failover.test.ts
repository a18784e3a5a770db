import { randomUUID } from "node:crypto";
import { createLocker, type Lock, LockError } from "@distlock/core";
import { type RedisServer, startCluster, startSentinel } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { clusterClients, sentinelClients, urlOf } from "./topology-clients";
import { until } from "./until";

const [sentinel, cluster] = await Promise.all([startSentinel(), startCluster({ nodeTimeout: 1_500 })]);
const rejections: unknown[] = [];
process.on("unhandledRejection", (reason) => rejections.push(reason));

afterAll(async () => {
  await sentinel.stop();
  await cluster.stop();
});

/** All keys are in one slot, so that what happens to its primary happens to all locks. */
const TAG = "{failover}";
const LONG = 15_000;
/** Shorter than any failover. */
const SHORT = 600;

const topologies = {
  Sentinel: { topology: sentinel, clients: sentinelClients, primary: () => sentinel.primary() },
  Cluster: { topology: cluster, clients: clusterClients, primary: () => cluster.primary(TAG) },
};

/** What the replicas know is what is left after a crash. */
async function replicated(primary: RedisServer): Promise<void> {
  const info = async () => String(await primary.command("INFO", "replication"));
  const offset = Number(/^master_repl_offset:(\d+)/m.exec(await info())?.[1]);
  await until(async () => {
    const known = [...(await info()).matchAll(/^slave\d+:.*offset=(\d+)/gm)].map(([, each]) => Number(each));
    return known.length > 0 && known.every((each) => each >= offset);
  });
}

/** The new primary may never have heard of the grant. */
const releaseOrLose = (lock: Lock) =>
  lock.release().catch((error) => expect(error).toMatchObject({ code: "LOCK_LOST" }));

interface Scenario {
  readonly kind: keyof typeof topologies;
  readonly what: string;
  /** Resolves when all servers agree again. */
  fail(primary: RedisServer): Promise<unknown>;
}

/** The Cluster of redis 4 and 5 stays with a node that is gone: it asks for the new one when a node sends it away. */
const stays = (name: string, kind: string, what: string) =>
  kind === "Cluster" && what.startsWith("kill") && /^redis [45]/.test(name);

const crash = (kind: keyof typeof topologies): Scenario => ({
  kind,
  what: "kill -9 of the primary",
  async fail(primary) {
    await primary.signal("SIGKILL");
    await topologies[kind].topology.stable();
  },
});

const scenarios: Scenario[] = [
  crash("Sentinel"),
  { kind: "Sentinel", what: "SENTINEL FAILOVER", fail: () => sentinel.failover() },
  crash("Cluster"),
  { kind: "Cluster", what: "CLUSTER FAILOVER", fail: () => cluster.failover(TAG) },
];

describe.each(scenarios)("$kind, $what", ({ kind, what, fail }: Scenario) => {
  test("keeps what survived, tells what was lost by its deadline, and grants to who waits", {
    timeout: 40_000,
  }, async () => {
    const { topology, clients, primary } = topologies[kind];
    const versions = Object.entries(clients).filter(([name]) => !stays(name, kind, what));
    await topology.stable();
    const id = randomUUID();
    const lines = await Promise.all(
      versions.map(async ([name, connect], i) => {
        const ends = [await connect(urlOf(topology)), await connect(urlOf(topology))] as const;
        const [holder, other] = [createLocker(ends[0].driver), createLocker(ends[1].driver, { timeout: 35_000 })];
        const keys = {
          long: `${TAG}:long:${i}:${id}`,
          short: `${TAG}:short:${i}:${id}`,
          probe: `${TAG}:probe:${i}:${id}`,
        };
        const long = await holder.acquire(keys.long, { ttl: LONG, autoExtend: true });
        const short = await holder.acquire(keys.short, { ttl: SHORT, autoExtend: true });
        const told = new Promise<number>((resolve) =>
          short.signal.addEventListener("abort", () => resolve(performance.now()), { once: true }),
        );
        const waiting = { long: other.acquire(keys.long), short: other.acquire(keys.short) };
        for (const wait of Object.values(waiting)) wait.catch(() => {});
        await until(
          async () => (await holder.inspect(keys.long)).waiting + (await holder.inspect(keys.short)).waiting === 2,
        );
        return { name, ends, holder, other, keys, long, short, told, waiting };
      }),
    );
    const before = await primary();
    await replicated(before);

    const began = performance.now();
    const recovered = fail(before);
    recovered.catch(() => {});
    let over = false;
    recovered.finally(() => {
      over = true;
    });
    // A release that the new primary never heard of costs the ttl.
    const ttl = 1_000;
    /** The longest time for which a client got no lock, as it asked again and again. */
    const gaps = lines.map(async ({ name, holder, keys }) => {
      let [last, gap, failures] = [began, 0, 0];
      await until(async () => {
        const lock = await holder.tryAcquire(keys.probe, { ttl }).catch((error) => {
          expect(LockError.is(error), String(error)).toBe(true);
          failures++;
          return null;
        });
        if (lock === null) return false;
        const now = performance.now();
        gap = Math.max(gap, now - last);
        last = now;
        await lock.release().catch(() => {});
        return over;
      });
      return `${name} ${Math.round(gap)} ms (${failures} failures)`;
    });
    await recovered;
    const served = Math.round(performance.now() - began);
    const lasted = await Promise.all(gaps);
    console.log(`${kind}, ${what}: agreed after ${served} ms; no lock for ${lasted.join(", ")}`);

    for (const { name, long, short, told, waiting, keys, holder } of lines) {
      // The lease was counted from an answer before the failure, or the lock is still there.
      if (!short.isHeld) expect((await told) - began, name).toBeLessThan(served + LONG);
      else expect(await holder.inspect(keys.short), name).toMatchObject({ held: true });
      expect(long.isHeld, name).toBe(true);
      expect((await holder.inspect(keys.long)).fence, name).toBe(long.fence);
      await long.release();
      if (short.isHeld) await releaseOrLose(short);
      for (const [last, wait] of [
        [long, waiting.long],
        [short, waiting.short],
      ] as const) {
        const granted = await wait;
        expect(granted.fence, name).toBeGreaterThan(last.fence);
        // One that was granted just before the failure may be lost like the others.
        if (granted.isHeld) await releaseOrLose(granted);
      }
    }
    for (const { name, keys, holder, other, ends } of lines) {
      for (const key of Object.values(keys)) {
        await until(async () => !(await holder.inspect(key)).held); // a probe whose release was lost ends with its ttl
        expect(await holder.inspect(key), name).toMatchObject({ held: false, waiting: 0 });
      }
      await holder.close();
      await other.close();
      for (const end of ends) end.close();
    }
    expect(rejections.splice(0)).toEqual([]);
    if (!before.running) await before.restart();
    await topology.stable();
  });
});
