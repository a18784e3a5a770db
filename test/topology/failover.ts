import { randomUUID } from "node:crypto";
import { createLocker, type Driver, type Lock, LockError } from "@distlock/core";
import type { RedisCluster, RedisSentinel, RedisServer, Reply } from "@distlock/testing";
import { expect, test } from "vitest";
import type { TestClient } from "../support/client";
import { NOTICE } from "../support/clients";
import { machineClock } from "../support/machine-clock";
import { urlOf } from "../support/topology-url";
import { until, untilWaiting } from "../support/until";

/** Limits are on this clock. */
const clock = machineClock();

/** All keys are in one slot, so that what happens to its primary happens to all locks. */
export const TAG = "{failover}";
/** Longer than any failover. */
const LONG = 20_000;
/** Shorter than any failover. */
const SHORT = 600;
/** The cost of a release that the new primary never received. */
const PROBE = 1_000;
/** How long a locker awaits one answer, and a queued call in all. */
const [ANSWER, TIMEOUT] = [5_000, 35_000];
/** What a timer, and what an answer with a failure behind it, may come late by. */
const [PROMPT, SLACK] = [100, 1_000];
/**
 * From when all servers agree until a client asks the right one: it has to take silence for a loss, to connect again, and to
 * ask who is the primary, which may have been a moment too early the first time.
 */
const RECOVERY = 4 * NOTICE;

export interface Scenario {
  readonly what: string;
  /** Resolves when all servers that run agree again. `held` reports what happens to the locks meanwhile. */
  fail(primary: RedisServer, held: Held): Promise<unknown>;
}

export interface Held {
  /** Resolves when each client had a lock extended that it asked for after this call. */
  extended(): Promise<void>;
  /** Resolves when each client was answered, or refused, a lock that it asked for after this call. */
  answered(): Promise<void>;
}

export interface Topology {
  readonly kind: string;
  readonly topology: RedisCluster | RedisSentinel;
  readonly clients: Readonly<Record<string, (url: string) => Promise<TestClient>>>;
  primary(): Promise<RedisServer>;
}

/** What the replicas know is what is left after a crash. */
async function replicated(primary: RedisServer): Promise<void> {
  const info = async () => String(await primary.command("INFO", "replication"));
  const offset = Number(/^master_repl_offset:(\d+)/m.exec(await info())?.[1]);
  await until(async () => {
    const known = [...(await info()).matchAll(/^slave\d+:.*offset=(\d+)/gm)].map(([, each]) => Number(each));
    return known.length > 0 && known.every((each) => each >= offset);
  });
}

/**
 * A client may still be ending connections to servers that are gone, and what was under way on them. Such a release is repeated
 * in the background; that nothing is left in the end is looked at later.
 */
const release = (lock: Lock, ...others: string[]) =>
  lock.release().catch((error) => expect(["LOCK_BACKEND", ...others], error).toContain(error.code));

/** The new primary may never have received the grant; its ttl may have ended in the meantime. */
const releaseOrLose = (lock: Lock) => release(lock, "LOCK_LOST");

/** One client version with its locks: one that outlives the failure, one that may not, a waiter for each, and a probe. */
async function take(name: string, connect: (url: string) => Promise<TestClient>, url: string, id: string) {
  const ends = [await connect(url), await connect(url)] as const;
  const keys = { long: `${TAG}:long:${id}`, short: `${TAG}:short:${id}`, probe: `${TAG}:probe:${id}` };
  /** When the last request was sent that made the short lease longer: it is counted from there. */
  let acknowledged = 0;
  const { driver } = ends[0];
  const noting: Driver = {
    ...driver,
    async extend(request) {
      const sent = clock();
      const reply = await driver.extend(request);
      if (request.key === keys.short && reply === "held") acknowledged = Math.max(acknowledged, sent);
      return reply;
    },
  };
  const [holder, other] = [createLocker(noting), createLocker(ends[1].driver, { timeout: TIMEOUT })];
  const long = await holder.acquire(keys.long, { ttl: LONG, autoExtend: true });
  /** The short one, and its waiter: again, if the machine was so late that it was lost before anything failed. */
  async function takeShort(): Promise<{ short: Lock; waiting: Promise<Lock> }> {
    acknowledged = clock();
    const short = await holder.acquire(keys.short, { ttl: SHORT, autoExtend: true });
    const waiting = other.acquire(keys.short);
    waiting.catch(() => {});
    await until(async () => short.signal.aborted || (await holder.inspect(keys.short)).waiting === 1);
    if (!short.signal.aborted) return { short, waiting };
    await (await waiting).release();
    return takeShort();
  }
  const { short, waiting: waitingForShort } = await takeShort();
  let toldAt: number | undefined;
  const onLoss = () => {
    toldAt = clock();
  };
  if (short.signal.aborted) onLoss();
  else short.signal.addEventListener("abort", onLoss, { once: true });
  const waiting = { long: other.acquire(keys.long), short: waitingForShort };
  waiting.long.catch(() => {});
  await untilWaiting(holder, keys.long, 1);

  let tries = { begun: 0, ended: 0 };
  /** The longest time for which it got no lock, as it asked again and again, each time with an end in time. */
  async function probe(began: number, overAt: () => number) {
    let [last, gap, failures, fence] = [began, 0, 0, 0];
    await until(async () => {
      const asked = clock();
      tries = { ...tries, begun: tries.begun + 1 };
      const lock = await holder.tryAcquire(keys.probe, { ttl: PROBE }).catch((error) => {
        expect(LockError.is(error), `${name}: ${error}`).toBe(true);
        failures++;
        return null;
      });
      const now = clock();
      expect(now - asked, `${name}: one attempt`).toBeLessThan(ANSWER + SLACK);
      tries = { ...tries, ended: tries.begun };
      expect(now - Math.max(last, overAt()), `${name}: no lock`).toBeLessThan(ANSWER + RECOVERY);
      if (lock === null) return false;
      gap = Math.max(gap, now - last);
      last = now;
      expect(lock.fence, `${name}: the fence fell`).toBeGreaterThan(fence);
      fence = lock.fence;
      await lock.release().catch(() => {});
      return now > overAt();
    });
    return { name, gap, failures };
  }

  return {
    name,
    keys,
    holder,
    long,
    short,
    waiting,
    probe,
    tries: () => tries,
    acknowledged: () => acknowledged,
    toldAt: () => toldAt,
    async close() {
      await holder.close();
      await other.close();
      for (const end of ends) end.close();
    },
  };
}

export function testFailover({ kind, topology, clients, primary }: Topology, scenarios: readonly Scenario[]): void {
  /** Keys of a test that only a living lock or waiter may have. */
  async function living(id: string): Promise<string[]> {
    const node = await primary();
    const keys = (await node.command("KEYS", `*${id}*`)) as readonly Reply[];
    const ttls = await Promise.all(keys.map((key) => node.command("PTTL", String(key))));
    expect(
      keys.filter((_, i) => ttls[i] === -1),
      "without a ttl",
    ).toEqual([]);
    return keys.map(String).filter((key) => !/[:~](fence|released|dead:.*)$/.test(key));
  }

  for (const { what, fail } of scenarios) {
    test(`${kind}, ${what}: keeps the locks that survived, signals lost ones by their deadline, and grants to the waiters`, async () => {
      await topology.stable();
      const id = randomUUID();
      const lines = await Promise.all(
        Object.entries(clients).map(([name, connect], i) => take(name, connect, urlOf(topology), `${i}:${id}`)),
      );
      const before = await primary();
      await replicated(before);

      const began = clock();
      const recovered = fail(before, {
        async extended() {
          const from = clock();
          await until(async () => lines.every((line) => line.acknowledged() > from || line.toldAt() !== undefined));
        },
        async answered() {
          const from = lines.map((line) => line.tries().begun);
          await until(async () => lines.every((line, i) => line.tries().ended > from[i]!));
        },
      });
      let overAt = Number.POSITIVE_INFINITY;
      const isOver = () => {
        overAt = clock();
      };
      recovered.then(isOver, isOver);
      const probes = lines.map(({ probe }) => probe(began, () => overAt));
      await recovered;
      const served = clock() - began;
      const lasted = await Promise.all(probes);
      const gaps = lasted.map(({ name, gap, failures }) => `${name} ${Math.round(gap)} ms (${failures} failures)`);
      console.log(`${kind}, ${what}: agreed after ${Math.round(served)} ms; no lock for ${gaps.join(", ")}`);

      // The servers that were down come back, with their old state.
      if (!before.running) {
        await before.signal("SIGCONT").catch(() => {});
        if (!before.running) await before.restart();
      }
      await topology.stable();
      for (const { name, long, short, keys, holder, waiting, toldAt, acknowledged } of lines) {
        if (short.isHeld) expect(await holder.inspect(keys.short), name).toMatchObject({ held: true });
        else expect(toldAt()! - acknowledged(), `${name}: told`).toBeLessThan(SHORT + PROMPT);
        expect(long.isHeld, name).toBe(true);
        expect(await holder.inspect(keys.long), name).toMatchObject({ held: true, fence: long.fence });
        await release(long);
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
      await until(async () => (await living(id)).length === 0);
      for (const { close } of lines) await close();
    });
  }
}
