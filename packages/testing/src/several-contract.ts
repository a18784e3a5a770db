import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type AcquireAllReply, type Driver, inLockOrder, LockError } from "@distlock/core";
import type { ContractCase, DriverTarget } from "./driver-contract";

const TTL = 20_000;
const never = { abandoned: false };
const newToken = (): string => `contract:${randomUUID()}`;

/** Keys of one hash slot, and keys that need not share one. */
const kinds: Readonly<Record<string, () => readonly [string, string, string]>> = {
  "of one slot": () => {
    const tag = `{contract:${randomUUID()}}`;
    return [`${tag}:1`, `${tag}:2`, `${tag}:3`];
  },
  "of any slots": () => {
    const keys = Array.from({ length: 3 }, () => `contract:${randomUUID()}`);
    return inLockOrder(keys) as unknown as [string, string, string];
  },
};

/** How a driver takes several keys for one token. */
export function severalContract({ drivers: [a, b], command, keyPrefix = "" }: DriverTarget): readonly ContractCase[] {
  const acquireAll = (driver: Driver, keys: readonly string[], token: string, ttl = TTL) =>
    driver.acquireAll({ keys, token, ttl }, never);
  const wait = (driver: Driver, keys: readonly string[], token: string, place = { key: keys[0]!, ticket: 0 }) =>
    driver.acquireAll({ keys, token, ttl: TTL, place }, never);
  const release = (key: string, token: string, undo = false) => b.release({ key, token, undo });
  const held = async (keys: readonly string[]) => Promise.all(keys.map(async (key) => (await b.inspect(key)).held));

  async function one(key: string, token = newToken()): Promise<string> {
    assert.equal((await b.acquire({ key, token, ttl: TTL }, never)).status, "granted");
    return token;
  }

  function fencesOf(reply: AcquireAllReply): readonly number[] {
    assert.equal(reply.status, "granted");
    return reply.status === "granted" ? reply.fences : [];
  }

  const scenes: Record<string, (keys: readonly [string, string, string]) => Promise<void>> = {
    "takes all keys for one token, with a fence for each, and tells them again": async (keys) => {
      const token = newToken();
      const fences = fencesOf(await acquireAll(a, keys, token));
      for (const [i, key] of keys.entries()) {
        const { held, fence, remaining } = await b.inspect(key);
        assert.deepEqual([held, fence], [true, fences[i]]);
        assert.ok(remaining > TTL / 2);
        assert.equal((await b.acquire({ key, token: newToken(), ttl: TTL }, never)).status, "held");
      }
      assert.deepEqual(fencesOf(await acquireAll(b, keys, token, 3 * TTL)), fences);
      assert.ok((await a.inspect(keys[2])).remaining > 2 * TTL);
      for (const key of keys) {
        assert.equal(await a.extend({ key, token, ttl: TTL }), "held");
        assert.equal(await release(key, token), "released");
      }
      const next = fencesOf(await acquireAll(a, keys, newToken()));
      for (const [i, fence] of next.entries()) assert.ok(fence > fences[i]!);
    },

    "takes none while one is held, whichever, and tells which": async (keys) => {
      for (const [i, key] of keys.entries()) {
        const holder = await one(key);
        const reply = await acquireAll(a, keys, newToken());
        assert.ok(reply.status === "held" && reply.remaining > TTL / 2 && reply.key === key);
        assert.deepEqual(
          await held(keys),
          keys.map((_, at) => at === i),
        );
        await release(key, holder);
      }
      assert.equal((await acquireAll(a, keys, newToken())).status, "granted");
    },

    "refuses a dead token, whichever key it is dead for": async (keys) => {
      for (const key of keys) {
        const token = newToken();
        await release(key, token, true);
        const reply = await acquireAll(a, keys, token);
        assert.equal(reply.status, "dead");
        for (const each of keys) await release(each, token);
        assert.deepEqual(await held(keys), [false, false, false]);
      }
    },
  };

  const waiting: typeof scenes = {
    "waits for the first one that is held, with those before it": async (keys) => {
      const [first, second, third] = keys;
      const holders = [await one(second), await one(third)] as const;
      const token = newToken();
      const reply = await wait(a, keys, token);
      assert.ok(reply.status === "queued" && reply.key === second && reply.head && reply.ticket > 0);
      assert.deepEqual([(await b.inspect(first)).held, (await b.inspect(third)).waiting], [true, 0]);
      const again = await wait(b, keys, token, reply);
      assert.ok(again.status === "queued" && again.ticket === reply.ticket);
      await release(second, holders[0]);
      assert.deepEqual([(await b.inspect(second)).held, (await b.inspect(second)).waiting], [true, 0]);
      const next = await wait(a, keys, token, reply);
      assert.ok(next.status === "queued" && next.key === third);
      await release(third, holders[1]);
      const fences = fencesOf(await wait(a, keys, token, next));
      assert.equal(fences.length, 3);
      assert.ok((await b.inspect(second)).remaining > TTL / 2);
      for (const key of keys) assert.equal(await release(key, token), "released");
      assert.deepEqual(await held(keys), [false, false, false]);
    },

    "never overtakes who waits for one of them": async (keys) => {
      const [, second] = keys;
      const holder = await one(second);
      const waiter = newToken();
      await b.acquire({ key: second, token: waiter, ttl: TTL, ticket: 0 }, never);
      await release(second, holder);
      const reply = await acquireAll(a, keys, newToken());
      assert.ok(reply.status === "held" && reply.key === second);
      await release(second, waiter);
      assert.equal((await acquireAll(a, keys, newToken())).status, "granted");
    },
  };

  const foreign: typeof scenes = {
    "leaves data that is no lock as it is, and takes none of the others": async (keys) => {
      for (const key of keys) {
        const token = newToken();
        await command!("SET", keyPrefix + key, "precious");
        await assert.rejects(acquireAll(a, keys, token), (error) => LockError.is(error) && error.key === key);
        for (const each of keys) await release(each, token);
        assert.equal(await command!("GET", keyPrefix + key), "precious");
        await command!("DEL", keyPrefix + key);
        assert.deepEqual(await held(keys), [false, false, false]);
      }
    },
  };

  const all = { ...scenes, ...(a.listen && waiting), ...(command && foreign) };
  return Object.entries(all).flatMap(([title, run]) =>
    Object.entries(kinds).map(([kind, keysOf]) => ({ title: `${title} (${kind})`, run: () => run(keysOf()) })),
  );
}
