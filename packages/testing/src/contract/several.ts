import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Driver, LockError } from "@distlock/core";
import { type AcquireReply, inLockOrder } from "@distlock/core/driver";
import { acquire, call, enter, grant, newToken, release, TTL } from "./calls";
import { type Scene, sceneOf } from "./scene";
import type { ContractCase, DriverTarget } from "./target";

type ThreeKeys = readonly [string, string, string];

/** Keys of one hash slot, and keys that need not share one. */
const kinds: Readonly<Record<string, () => ThreeKeys>> = {
  "of one slot": () => {
    const tag = `{contract:${randomUUID()}}`;
    return [`${tag}:1`, `${tag}:2`, `${tag}:3`];
  },
  "of any slots": () => {
    const keys = Array.from({ length: 3 }, () => `contract:${randomUUID()}`);
    return inLockOrder(keys) as unknown as [string, string, string];
  },
};

const acquireAll = (driver: Driver, keys: readonly string[], token: string, ttl = TTL): Promise<AcquireReply> =>
  driver.acquire({ keys, token, ttl }, call);

/** Acquires, and waits for the first key that is held. */
const enterAll = (driver: Driver, keys: ThreeKeys, token: string, place = { key: keys[0], ticket: 0 }) =>
  driver.acquire({ keys, token, ttl: TTL, place }, call);

const held = (driver: Driver, keys: readonly string[]): Promise<boolean[]> =>
  Promise.all(keys.map(async (key) => (await driver.inspect(key)).held));

function fencesOf(reply: AcquireReply): readonly number[] {
  assert.equal(reply.status, "granted");
  return reply.status === "granted" ? reply.fences : [];
}

async function holderOf(driver: Driver, key: string): Promise<string> {
  const token = newToken();
  await grant(driver, key, token);
  return token;
}

type SeveralCases = Readonly<Record<string, (keys: ThreeKeys, scene: Scene) => Promise<void>>>;

const cases: SeveralCases = {
  "takes all keys for one token, with a fence for each, and answers a repeated request with the same fences": async (
    keys,
    { a, b },
  ) => {
    const token = newToken();
    const fences = fencesOf(await acquireAll(a, keys, token));
    for (const [i, key] of keys.entries()) {
      const { held, fence, remaining } = await b.inspect(key);
      assert.deepEqual([held, fence], [true, fences[i]]);
      assert.ok(remaining > TTL / 2);
      assert.equal((await acquire(b, key, newToken())).status, "held");
    }
    assert.deepEqual(fencesOf(await acquireAll(b, keys, token, 3 * TTL)), fences);
    assert.ok((await a.inspect(keys[2])).remaining > 2 * TTL);
    for (const key of keys) {
      assert.equal(await a.extend({ key, token, ttl: TTL }), "held");
      assert.equal(await release(b, key, token), "released");
    }
    const next = fencesOf(await acquireAll(a, keys, newToken()));
    for (const [i, fence] of next.entries()) assert.ok(fence > fences[i]!);
  },

  "takes none while one is held, whichever, and says which": async (keys, { a, b }) => {
    for (const [i, key] of keys.entries()) {
      const holder = await holderOf(b, key);
      const reply = await acquireAll(a, keys, newToken());
      assert.ok(reply.status === "held" && reply.remaining > TTL / 2 && reply.key === key);
      assert.deepEqual(
        await held(b, keys),
        keys.map((_, at) => at === i),
      );
      await release(b, key, holder);
    }
    assert.equal((await acquireAll(a, keys, newToken())).status, "granted");
  },

  "refuses a dead token, whichever key it is dead for": async (keys, { a, b }) => {
    for (const key of keys) {
      const token = newToken();
      await release(b, key, token, true);
      const reply = await acquireAll(a, keys, token);
      assert.equal(reply.status, "dead");
      for (const each of keys) await release(b, each, token);
      assert.deepEqual(await held(b, keys), [false, false, false]);
    }
  },
};

/** For drivers that queue waiters. */
const queueing: SeveralCases = {
  "waits for the first key that is held, and holds the keys before it": async (keys, { a, b }) => {
    const [first, second, third] = keys;
    const holders = [await holderOf(b, second), await holderOf(b, third)] as const;
    const token = newToken();
    const reply = await enterAll(a, keys, token);
    assert.ok(reply.status === "queued" && reply.key === second && reply.head && reply.ticket > 0);
    assert.deepEqual([(await b.inspect(first)).held, (await b.inspect(third)).waiting], [true, 0]);
    const again = await enterAll(b, keys, token, reply);
    assert.ok(again.status === "queued" && again.ticket === reply.ticket);
    await release(b, second, holders[0]);
    assert.deepEqual([(await b.inspect(second)).held, (await b.inspect(second)).waiting], [true, 0]);
    const next = await enterAll(a, keys, token, reply);
    assert.ok(next.status === "queued" && next.key === third);
    await release(b, third, holders[1]);
    const fences = fencesOf(await enterAll(a, keys, token, next));
    assert.equal(fences.length, 3);
    assert.ok((await b.inspect(second)).remaining > TTL / 2);
    for (const key of keys) assert.equal(await release(b, key, token), "released");
    assert.deepEqual(await held(b, keys), [false, false, false]);
  },

  "never overtakes a waiter of one of them": async (keys, { a, b }) => {
    const [, second] = keys;
    const holder = await holderOf(b, second);
    const waiter = newToken();
    await enter(b, second, waiter);
    await release(b, second, holder);
    const reply = await acquireAll(a, keys, newToken());
    assert.ok(reply.status === "held" && reply.key === second);
    await release(b, second, waiter);
    assert.equal((await acquireAll(a, keys, newToken())).status, "granted");
  },
};

/** For drivers with a server. */
const onServer: SeveralCases = {
  "leaves data that is not a lock as it is, and takes none of the others": async (keys, scene) => {
    const { a, b, keyPrefix } = scene;
    const command = scene.command!;
    for (const key of keys) {
      const token = newToken();
      await command("SET", keyPrefix + key, "precious");
      await assert.rejects(acquireAll(a, keys, token), (error) => LockError.is(error) && error.key === key);
      for (const each of keys) await release(b, each, token);
      assert.equal(await command("GET", keyPrefix + key), "precious");
      await command("DEL", keyPrefix + key);
      assert.deepEqual(await held(b, keys), [false, false, false]);
    }
  },
};

/** How a driver takes several keys for one token. */
export function severalCasesOf(target: DriverTarget, canQueue: boolean): ContractCase[] {
  const scene = sceneOf(target);
  const all = { ...cases, ...(canQueue && queueing), ...(target.command && onServer) };
  return Object.entries(all).flatMap(([title, run]) =>
    Object.entries(kinds).map(([kind, keysOf]) => ({ title: `${title} (${kind})`, run: () => run(keysOf(), scene) })),
  );
}
