import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Driver, LockError, type TransferReply } from "@distlock/core";
import type { ContractCase, DriverTarget } from "./driver-contract";
import { openInbox } from "./inbox";

const TTL = 20_000;
const never = { abandoned: false };
const newToken = (): string => `contract:${randomUUID()}`;

/** How a driver gives a lock from one token to another, and says who holds it. */
export function transferContract({ drivers: [a, b], command, keyPrefix = "" }: DriverTarget): readonly ContractCase[] {
  /** For a lease that is to end. */
  const ENDING = command ? TTL : 300;
  const acquire = (key: string, token: string, ttl = TTL) => a.acquire({ key, token, ttl }, never);
  const release = (key: string, token: string, undo = false) => b.release({ key, token, undo });
  const transfer = (driver: Driver, key: string, from: string, to: string, ttl = TTL) =>
    driver.transfer({ key, from, to, ttl });

  async function hold(key: string, token: string, ttl = TTL): Promise<number> {
    const reply = await acquire(key, token, ttl);
    assert.equal(reply.status, "granted");
    return reply.status === "granted" ? reply.fence : 0;
  }

  function fenceOf(reply: TransferReply): number {
    assert.equal(reply.status, "granted");
    return reply.status === "granted" ? reply.fence : 0;
  }

  async function isHeldBy(key: string, token: string, fence: number): Promise<void> {
    const seen = await b.inspect(key);
    assert.deepEqual([seen.held, seen.token === token, seen.fence], [true, true, fence]);
  }

  async function ended(key: string): Promise<void> {
    await command?.("PEXPIRE", keyPrefix + key, "1");
    while ((await b.inspect(key)).held) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  type Scene = (key: string, from: string, to: string) => Promise<void>;

  const scenes: Record<string, Scene> = {
    "says whose token holds a lock": async (key, from, to) => {
      assert.equal((await a.inspect(key)).token, null);
      await hold(key, from, ENDING);
      assert.equal((await b.inspect(key)).token, from);
      await ended(key);
      assert.equal((await b.inspect(key)).token, null);
      await hold(key, to);
      assert.equal((await b.inspect(key)).token, to);
      await release(key, to);
      assert.equal((await b.inspect(key)).token, null);
    },

    "transfers a lock to another token, with a new fence; the old token counts as released": async (key, from, to) => {
      const first = await hold(key, from);
      const second = fenceOf(await transfer(b, key, from, to));
      assert.ok(second > first, `fence ${second} after ${first}`);
      await isHeldBy(key, to, second);
      assert.equal(await a.extend({ key, token: from, ttl: TTL }), "lost");
      assert.equal(await release(key, from), "released");
      assert.equal((await acquire(key, from)).status, "dead");
      assert.equal((await acquire(key, newToken())).status, "held");
      await isHeldBy(key, to, second);
      assert.equal(await a.extend({ key, token: to, ttl: TTL }), "held");
      assert.equal(await release(key, to), "released");
      assert.ok((await hold(key, newToken())) > second);
    },

    "tells a repeated transfer its fence again, and then makes the lease longer, never shorter": async (
      key,
      from,
      to,
    ) => {
      await hold(key, from);
      const fence = fenceOf(await transfer(a, key, from, to, TTL));
      assert.equal(fenceOf(await transfer(b, key, from, to, 100)), fence);
      assert.ok((await a.inspect(key)).remaining > TTL / 2);
      assert.equal(fenceOf(await transfer(b, key, from, to, 3 * TTL)), fence);
      assert.ok((await a.inspect(key)).remaining > 2 * TTL);
    },

    "gives a transferred lock the lease that was asked for, be it longer or shorter than the old one": async (
      key,
      from,
      to,
    ) => {
      await hold(key, from, 3 * TTL);
      await transfer(a, key, from, to, TTL);
      const { remaining } = await b.inspect(key);
      assert.ok(remaining > TTL / 2 && remaining <= TTL);
      await transfer(a, key, to, newToken(), 5 * TTL);
      assert.ok((await b.inspect(key)).remaining > 4 * TTL);
    },

    "transfers only from the holder, to one of many": async (key, from, to) => {
      assert.deepEqual(await transfer(a, key, from, to), { status: "lost" });
      assert.equal((await b.inspect(key)).held, false, "a transfer made a lock");
      const first = await hold(key, from);
      assert.deepEqual(await transfer(a, key, newToken(), to), { status: "lost" });
      await isHeldBy(key, from, first);
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, i) => transfer(i % 2 ? a : b, key, from, newToken())),
      );
      assert.equal(replies.filter(({ status }) => status === "granted").length, 1);
      assert.equal(replies.filter(({ status }) => status === "lost").length, 19);
    },

    "transfers no lease that is over, and gives a late copy of a transfer nothing": async (key, from, to) => {
      await hold(key, from, ENDING);
      await ended(key);
      assert.deepEqual(await transfer(a, key, from, to), { status: "lost" });
      const [one, two, three] = [newToken(), newToken(), newToken()];
      await hold(key, one);
      await transfer(a, key, one, two);
      await release(key, two);
      assert.deepEqual(await transfer(b, key, one, two), { status: "lost" });
      assert.equal((await a.inspect(key)).held, false);
      const fence = await hold(key, three);
      assert.deepEqual(await transfer(b, key, one, two), { status: "lost" });
      await isHeldBy(key, three, fence);
    },

    "transfers to no token that was given up, released last, or forced out": async (key, from, to) => {
      const [released, forced] = [newToken(), newToken()];
      await release(key, to, true);
      await hold(key, released);
      await release(key, released);
      let fence = await hold(key, from);
      for (const dead of [to, released]) assert.deepEqual(await transfer(a, key, from, dead), { status: "dead" });
      await isHeldBy(key, from, fence);
      await release(key, from);
      await hold(key, forced);
      await b.forceRelease(key);
      const next = newToken();
      fence = await hold(key, next);
      assert.deepEqual(await transfer(a, key, next, forced), { status: "dead" });
      await isHeldBy(key, next, fence);
    },

    "undoes a transfer in whatever order the two arrive": async (key, from, to) => {
      const first = await hold(key, from);
      assert.equal(await release(key, to, true), "lost");
      assert.deepEqual(await transfer(a, key, from, to), { status: "dead" });
      await isHeldBy(key, from, first);
      const other = newToken();
      await transfer(a, key, from, other);
      assert.equal(await release(key, other, true), "released");
      assert.equal((await b.inspect(key)).held, false);
      assert.deepEqual(await transfer(a, key, from, other), { status: "lost" });
    },

    "takes no token for dead of which another one has a part in common": async (key) => {
      for (const end of [release, b.forceRelease]) {
        const part = newToken();
        await hold(key, `${part}2`);
        await end(key, `${part}2`);
        await hold(key, part);
        assert.equal(await release(key, part), "released");
      }
    },
  };

  if (a.listen && b.listen) {
    Object.assign(scenes, {
      "keeps the waiters' places over a transfer": async (key, from, to) => {
        const inbox = await openInbox(a);
        const [first, second] = [inbox.newToken(), inbox.newToken()];
        await hold(key, from);
        for (const token of [first, second]) {
          assert.equal((await a.acquire({ key, token, ttl: TTL, ticket: 0 }, never)).status, "queued");
        }
        await transfer(b, key, from, to);
        const { waiting, token } = await a.inspect(key);
        assert.deepEqual([waiting, token === to], [2, true]);
        await release(key, to);
        assert.equal((await a.inspect(key)).token, first);
        // A waiter that is given the lock by a transfer waits no more.
        await transfer(b, key, first, second);
        assert.equal((await a.inspect(key)).waiting, 0);
        await release(key, second);
        assert.equal((await a.inspect(key)).held, false);
        await inbox.close();
      },

      "hands over to who waits where a transfer meets a free lock": async (key, from, to) => {
        const inbox = await openInbox(a);
        const waiter = inbox.newToken();
        await hold(key, from, ENDING);
        assert.equal((await a.acquire({ key, token: waiter, ttl: TTL, ticket: 0 }, never)).status, "queued");
        await ended(key);
        assert.deepEqual(await transfer(b, key, from, to), { status: "lost" });
        assert.equal((await a.inspect(key)).token, waiter);
        await release(key, waiter);
        await inbox.close();
      },
    } satisfies typeof scenes);
  }

  if (command) {
    Object.assign(scenes, {
      "transfers nothing where a key holds what is no lock, nor where the server has forgotten the script": async (
        key,
        from,
        to,
      ) => {
        const name = keyPrefix + key;
        const isBackendError = (error: unknown) => LockError.is(error) && error.code === "LOCK_BACKEND";
        await command("RPUSH", name, from);
        await assert.rejects(transfer(a, key, from, to), isBackendError);
        await command("PEXPIRE", name, String(TTL));
        await assert.rejects(transfer(a, key, from, to), isBackendError);
        await command("DEL", name);
        await command("SET", name, from);
        await assert.rejects(transfer(a, key, from, to), isBackendError);
        assert.equal(String(await command("GET", name)), from);
        await command("DEL", name);
        await hold(key, from);
        await command("SCRIPT", "FLUSH");
        fenceOf(await transfer(a, key, from, to));
        assert.equal(String(await command("GET", name)), to);
        for (const left of ((await command("KEYS", `*${key}*`)) as unknown[]).map(String)) {
          assert.ok(Number(await command("PTTL", left)) > 0, `${left} has no ttl`);
        }
      },

      "mints a fence above the last one also where the server's clock is behind it": async (key, from, to) => {
        await hold(key, from);
        const ahead = 8_000_000_000_000_000;
        const fence = ((await command("KEYS", `*${key}*`)) as unknown[])
          .map(String)
          .find((name) => /fence$/.test(name));
        await command("SET", fence!, String(ahead), "PX", String(TTL));
        assert.equal(fenceOf(await transfer(a, key, from, to)), ahead + 1);
      },
    } satisfies typeof scenes);
  }

  return Object.entries(scenes).map(([title, scene]) => ({
    title,
    run: () => scene(`contract:${randomUUID()}`, newToken(), newToken()),
  }));
}
