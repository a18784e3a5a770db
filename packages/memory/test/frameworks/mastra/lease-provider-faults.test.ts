import { channel } from "node:diagnostics_channel";
import { createLeases, type Driver, inProcessDriver } from "@distlock/core";
import { expect, test } from "vitest";
import { leaseProvider } from "../../../src/frameworks/mastra";

channel("distlock:warning").subscribe(() => {});

const TTL = 20_000;
const KEY = "thread";
const ROUNDS = 400;

/** Numbers that are the same each time: https://en.wikipedia.org/wiki/Linear_congruential_generator. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Requests that are slow, lost, answered too late, or land long after they failed for their sender. */
function faulty(inner: Driver, random: (below: number) => number): Driver {
  const late: (() => unknown)[] = [];
  let storm = false;
  async function through<T>(run: () => Promise<T>): Promise<T> {
    for (let turns = random(3); turns > 0; turns--) await new Promise(setImmediate);
    if (late.length > 0 && random(3) === 0) await late.splice(random(late.length), 1)[0]!();
    if (random(10) === 0) storm = !storm;
    const fate = random(storm ? 4 : 20);
    if (fate === 0) late.push(run);
    if (fate === 1) await run();
    if (fate <= 2) throw new Error("Socket closed unexpectedly");
    return run();
  }
  return {
    ...inner,
    acquire: (...request) => through(() => inner.acquire(...request)),
    extend: (request) => through(() => inner.extend(request)),
    release: (request) => through(() => inner.release(request)),
    transfer: (request) => through(() => inner.transfer!(request)),
    inspect: (key) => through(() => inner.inspect(key)),
  };
}

const seeds = Array.from({ length: Number(process.env.LEASE_SEEDS ?? 8) }, (_, i) => i + 1);

test.each(seeds)("no owner loses a lease that a reply granted, nor do two have it (%i)", async (seed) => {
  const random = createRandom(seed);
  const inner = inProcessDriver();
  /** The owner that was granted the lease, and has done nothing since that ends it. */
  let believed: string | undefined;
  const seen = { grants: 0, transfers: 0, failures: 0 };

  async function holds(): Promise<void> {
    const before = believed;
    if (before === undefined) return;
    const { token } = await inner.inspect(`mastra:lease:{${KEY}}`);
    if (believed === before)
      expect(token?.split("=")[1]).toBe(Buffer.from(JSON.stringify(before)).toString("base64url"));
  }

  async function process(name: string): Promise<void> {
    const provider = leaseProvider(createLeases(faulty(inner, random)));
    const owners = [`${name} a`, `${name} b`];
    for (let round = 0; round < ROUNDS; round++) {
      const owner = owners[random(2)]!;
      const other = owners.find((each) => each !== owner)!;
      const ending = (doing: number) => doing > 3 && believed === owner;
      const doing = random(6);
      if (ending(doing)) believed = undefined;
      try {
        if (doing <= 1) {
          const { acquired } = await provider.acquireLease(KEY, owner, TTL);
          if (acquired) {
            expect([undefined, owner]).toContain(believed);
            believed = owner;
            seen.grants++;
          }
        } else if (doing === 2) {
          if (!(await provider.renewLease(KEY, owner, TTL))) expect(believed).not.toBe(owner);
        } else if (doing === 3) {
          const found = await provider.getLeaseOwner(KEY);
          if (believed !== undefined && owners.includes(believed)) expect(found).toBe(believed);
        } else if (doing === 4) await provider.releaseLease(KEY, owner);
        else if (await provider.transferLease(KEY, owner, other, TTL)) {
          expect(believed).toBeUndefined();
          believed = other;
          seen.transfers++;
        }
      } catch (error) {
        if ((error as { code?: string }).code !== "LOCK_BACKEND") throw error;
        seen.failures++;
      }
      await holds();
    }
  }

  await Promise.all(["one", "two", "three"].map(process));
  expect(seen.grants).toBeGreaterThan(10);
  expect(seen.transfers).toBeGreaterThan(0);
  expect(seen.failures).toBeGreaterThan(50);
});
