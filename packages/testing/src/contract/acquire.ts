import assert from "node:assert/strict";
import { acquire, extend, grant, newKey, newToken, release, TTL } from "./calls";
import { type Cases, type Scene, type ServerScene, SHORT_LEASE } from "./scene";

/** How a driver grants a lock, to whom, and for how long. */
export const acquireCases: Cases<Scene> = {
  "grants a free key to one of many": async ({ a, b }) => {
    const key = newKey();
    const replies = await Promise.all(Array.from({ length: 40 }, (_, i) => acquire(i % 2 ? a : b, key, newToken())));
    assert.equal(replies.filter(({ status }) => status === "granted").length, 1);
    assert.equal(replies.filter(({ status }) => status === "held").length, 39);
  },

  "says how long the lease of the holder lasts": async ({ a, b }) => {
    const key = newKey();
    await grant(a, key);
    const reply = await acquire(b, key, newToken());
    assert.equal(reply.status, "held");
    assert.ok(reply.status === "held" && reply.remaining > TTL / 2 && reply.remaining <= TTL);
  },

  "answers an acquire that is repeated with the same fence, even on another connection": async ({ a, b }) => {
    const [key, token] = [newKey(), newToken()];
    const fence = await grant(a, key, token);
    assert.equal(await grant(a, key, token), fence);
    assert.equal(await grant(b, key, token), fence);
    assert.equal((await a.inspect(key)).fence, fence);
  },

  "makes the lease of the same token longer, never shorter": async ({ a, b }) => {
    const [key, token] = [newKey(), newToken()];
    await grant(a, key, token, TTL);
    await grant(a, key, token, 100);
    assert.equal(await extend(a, key, token, 100), "held");
    assert.ok((await a.inspect(key)).remaining > TTL / 2);
    await grant(a, key, token, 3 * TTL);
    assert.ok((await a.inspect(key)).remaining > 2 * TTL);
    assert.equal(await extend(b, key, token, 5 * TTL), "held");
    assert.ok((await a.inspect(key)).remaining > 4 * TTL);
  },

  "ends the lease after its ttl, not before": async ({ a, b, freed }) => {
    const key = newKey();
    const sent = performance.now();
    await grant(a, key, newToken(), SHORT_LEASE);
    await freed(key);
    // 2 ms for the rounding of whole milliseconds, which the holder's margin covers.
    assert.ok(performance.now() - sent > SHORT_LEASE - 2, "freed before the lease was over");
    await grant(b, key);
  },

  "takes over after the lease: the old holder can neither free nor extend the new holder's lock": async (scene) => {
    const { a, b, freed } = scene;
    const [key, old, next] = [newKey(), newToken(), newToken()];
    await grant(a, key, old, SHORT_LEASE);
    await freed(key);
    const fence = await grant(b, key, next);
    assert.equal(await extend(a, key, old), "lost");
    assert.equal(await release(a, key, old), "lost");
    assert.equal(await release(a, key, old, true), "lost");
    assert.equal((await acquire(a, key, old)).status, "dead");
    const { held, fence: after, remaining } = await b.inspect(key);
    assert.deepEqual([held, after], [true, fence]);
    assert.ok(remaining > TTL / 2 && remaining <= TTL);
    assert.equal(await extend(b, key, next), "held");
    assert.equal(await release(b, key, next), "released");
  },

  "inspects without changing anything": async ({ a, b }) => {
    const [key, token] = [newKey(), newToken()];
    assert.deepEqual(await a.inspect(key), {
      held: false,
      remaining: 0,
      fence: 0,
      waiting: 0,
      token: null,
      waiters: [],
    });
    const fence = await grant(a, key, token);
    const { remaining, ...rest } = await b.inspect(key);
    assert.deepEqual(rest, { held: true, fence, waiting: 0, token, waiters: [] });
    assert.ok(remaining > TTL / 2 && remaining <= TTL);
    await release(a, key, token);
    assert.deepEqual(await b.inspect(key), { held: false, remaining: 0, fence, waiting: 0, token: null, waiters: [] });
  },
};

export const acquireOnServer: Cases<ServerScene> = {
  "does not send an abandoned acquire again": async ({ a, command }) => {
    const [key, other] = [newKey(), newToken()];
    await grant(a, key, other);
    await release(a, key, other);
    await command("SCRIPT", "FLUSH");
    await assert.rejects(a.acquire({ keys: [key], token: newToken(), ttl: TTL }, { abandoned: true }), /NOSCRIPT/);
    assert.equal((await a.inspect(key)).held, false);
  },
};
