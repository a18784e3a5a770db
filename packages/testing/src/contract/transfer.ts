import assert from "node:assert/strict";
import { acquire, enter, extend, grant, isBackendError, newToken, release, TTL } from "./calls";
import { openInbox } from "./inbox";
import type { Cases, Scene, ServerScene } from "./scene";
import { fenceOf, isHeldBy, type Tokens, transfer } from "./transfer-scene";

/** How a driver passes a lock from one token to another, and says who holds it. */
export const transferCases: Cases<Scene & Tokens> = {
  "says which token holds a lock": async ({ a, b, key, from, to, ending, ended }) => {
    assert.equal((await a.inspect(key)).token, null);
    await grant(a, key, from, ending);
    assert.equal((await b.inspect(key)).token, from);
    await ended(key);
    assert.equal((await b.inspect(key)).token, null);
    await grant(a, key, to);
    assert.equal((await b.inspect(key)).token, to);
    await release(b, key, to);
    assert.equal((await b.inspect(key)).token, null);
  },

  "transfers a lock to another token, with a new fence; the old token counts as released": async (scene) => {
    const { a, b, key, from, to } = scene;
    const first = await grant(a, key, from);
    const second = fenceOf(await transfer(b, key, from, to));
    assert.ok(second > first, `fence ${second} after ${first}`);
    await isHeldBy(b, key, to, second);
    assert.equal(await extend(a, key, from), "lost");
    assert.equal(await release(b, key, from), "released");
    assert.equal((await acquire(a, key, from)).status, "dead");
    assert.equal((await acquire(a, key, newToken())).status, "held");
    await isHeldBy(b, key, to, second);
    assert.equal(await extend(a, key, to), "held");
    assert.equal(await release(b, key, to), "released");
    assert.ok((await grant(a, key)) > second);
  },

  "answers a repeated transfer with the same fence, and makes its lease longer, never shorter": async (scene) => {
    const { a, b, key, from, to } = scene;
    await grant(a, key, from);
    const fence = fenceOf(await transfer(a, key, from, to, TTL));
    assert.equal(fenceOf(await transfer(b, key, from, to, 100)), fence);
    assert.ok((await a.inspect(key)).remaining > TTL / 2);
    assert.equal(fenceOf(await transfer(b, key, from, to, 3 * TTL)), fence);
    assert.ok((await a.inspect(key)).remaining > 2 * TTL);
  },

  "sets the requested lease on a transferred lock, whether it is longer or shorter than the old one": async (scene) => {
    const { a, b, key, from, to } = scene;
    await grant(a, key, from, 3 * TTL);
    await transfer(a, key, from, to, TTL);
    const { remaining } = await b.inspect(key);
    assert.ok(remaining > TTL / 2 && remaining <= TTL);
    await transfer(a, key, to, newToken(), 5 * TTL);
    assert.ok((await b.inspect(key)).remaining > 4 * TTL);
  },

  "transfers only from the holder, to one of many": async ({ a, b, key, from, to }) => {
    assert.deepEqual(await transfer(a, key, from, to), { status: "lost" });
    assert.equal((await b.inspect(key)).held, false, "a transfer made a lock");
    const first = await grant(a, key, from);
    assert.deepEqual(await transfer(a, key, newToken(), to), { status: "lost" });
    await isHeldBy(b, key, from, first);
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) => transfer(i % 2 ? a : b, key, from, newToken())),
    );
    assert.equal(replies.filter(({ status }) => status === "granted").length, 1);
    assert.equal(replies.filter(({ status }) => status === "lost").length, 19);
  },

  "transfers no lease that is over, and grants nothing to a late copy of a transfer": async (scene) => {
    const { a, b, key, from, to, ending, ended } = scene;
    await grant(a, key, from, ending);
    await ended(key);
    assert.deepEqual(await transfer(a, key, from, to), { status: "lost" });
    const [one, two, three] = [newToken(), newToken(), newToken()];
    await grant(a, key, one);
    await transfer(a, key, one, two);
    await release(b, key, two);
    assert.deepEqual(await transfer(b, key, one, two), { status: "lost" });
    assert.equal((await a.inspect(key)).held, false);
    const fence = await grant(a, key, three);
    assert.deepEqual(await transfer(b, key, one, two), { status: "lost" });
    await isHeldBy(b, key, three, fence);
  },

  "transfers to no token that was given up, released last, or forced out": async ({ a, b, key, from, to }) => {
    const [released, forced] = [newToken(), newToken()];
    await release(b, key, to, true);
    await grant(a, key, released);
    await release(b, key, released);
    let fence = await grant(a, key, from);
    for (const dead of [to, released]) assert.deepEqual(await transfer(a, key, from, dead), { status: "dead" });
    await isHeldBy(b, key, from, fence);
    await release(b, key, from);
    await grant(a, key, forced);
    await b.forceRelease({ key });
    const next = newToken();
    fence = await grant(a, key, next);
    assert.deepEqual(await transfer(a, key, next, forced), { status: "dead" });
    await isHeldBy(b, key, next, fence);
  },

  "undoes a transfer in whatever order the two arrive": async ({ a, b, key, from, to }) => {
    const first = await grant(a, key, from);
    assert.equal(await release(b, key, to, true), "lost");
    assert.deepEqual(await transfer(a, key, from, to), { status: "dead" });
    await isHeldBy(b, key, from, first);
    const other = newToken();
    await transfer(a, key, from, other);
    assert.equal(await release(b, key, other, true), "released");
    assert.equal((await b.inspect(key)).held, false);
    assert.deepEqual(await transfer(a, key, from, other), { status: "lost" });
  },
};

/** For drivers that queue waiters. */
export const transferPastQueue: Cases<Scene & Tokens> = {
  "keeps the waiters' places over a transfer": async ({ a, b, key, from, to }) => {
    const inbox = await openInbox(a);
    const [first, second] = [inbox.newToken(), inbox.newToken()];
    await grant(a, key, from);
    for (const token of [first, second]) assert.equal((await enter(a, key, token)).status, "queued");
    await transfer(b, key, from, to);
    const { waiting, token } = await a.inspect(key);
    assert.deepEqual([waiting, token === to], [2, true]);
    await release(b, key, to);
    assert.equal((await a.inspect(key)).token, first);
    // A waiter that gets the lock by a transfer waits no more.
    await transfer(b, key, first, second);
    assert.equal((await a.inspect(key)).waiting, 0);
    await release(b, key, second);
    assert.equal((await a.inspect(key)).held, false);
    await inbox.close();
  },

  "hands over to the waiter where a transfer finds the lock free": async (scene) => {
    const { a, b, key, from, to, ending, ended } = scene;
    const inbox = await openInbox(a);
    const waiter = inbox.newToken();
    await grant(a, key, from, ending);
    assert.equal((await enter(a, key, waiter)).status, "queued");
    await ended(key);
    assert.deepEqual(await transfer(b, key, from, to), { status: "lost" });
    assert.equal((await a.inspect(key)).token, waiter);
    await release(b, key, waiter);
    await inbox.close();
  },
};

export const transferOnServer: Cases<ServerScene & Tokens> = {
  "transfers nothing where a key holds data that is not a lock, and goes on after SCRIPT FLUSH": async (scene) => {
    const { a, key, from, to, command, there, namesOf } = scene;
    const name = there(key);
    await command("RPUSH", name, from);
    await assert.rejects(transfer(a, key, from, to), isBackendError);
    await command("PEXPIRE", name, String(TTL));
    await assert.rejects(transfer(a, key, from, to), isBackendError);
    await command("DEL", name);
    await command("SET", name, from);
    await assert.rejects(transfer(a, key, from, to), isBackendError);
    assert.equal(String(await command("GET", name)), from);
    await command("DEL", name);
    await grant(a, key, from);
    await command("SCRIPT", "FLUSH");
    fenceOf(await transfer(a, key, from, to));
    assert.equal(String(await command("GET", name)), to);
    for (const left of await namesOf(key)) {
      assert.ok(Number(await command("PTTL", left)) > 0, `${left} has no ttl`);
    }
  },

  "mints a fence above the last one even where the server's clock is behind it": async (scene) => {
    const { a, key, from, to, command, namesOf } = scene;
    await grant(a, key, from);
    const ahead = 8_000_000_000_000_000;
    const fence = (await namesOf(key)).find((name) => /fence$/.test(name));
    await command("SET", fence!, String(ahead), "PX", String(TTL));
    assert.equal(fenceOf(await transfer(a, key, from, to)), ahead + 1);
  },
};
