import assert from "node:assert/strict";
import { grant, release, TTL } from "./calls";
import { type QueueScene, wait } from "./queue-scene";
import type { Cases } from "./scene";

/** The replies to a heartbeat, and the waiters that it keeps alive. */
export const heartbeatCases: Cases<QueueScene> = {
  "answers a heartbeat for each token, and enqueues nobody": async ({ a, b, key, here, there, waiting, heartbeat }) => {
    const [holder, granted, queued, other] = [there, here, here, there].map((inbox) => inbox.newToken());
    const missing = here.newToken();
    await grant(a, key, holder!);
    for (const token of [granted!, queued!, other!]) await wait(a, key, token);
    let beat = await heartbeat(a, here, missing, queued!, granted!);
    assert.deepEqual(beat.states, ["missing", "queued", "queued"]);
    assert.ok(beat.head && beat.remaining > TTL / 2);
    assert.equal((await heartbeat(b, there, other!)).head, false);
    await release(a, key, holder!);
    beat = await heartbeat(b, here, queued!, granted!, missing);
    assert.deepEqual(beat.states, ["queued", "granted", "missing"]);
    assert.equal(beat.fence, (await a.inspect(key)).fence);
    assert.equal(await waiting(), 2);
    for (const token of [queued!, other!, granted!]) await release(a, key, token);
    assert.deepEqual((await heartbeat(a, here, queued!)).states, ["missing"]);
    assert.deepEqual((await a.inspect(key)).waiting, 0);
  },

  "makes a granted token's lease last for the claim by heartbeat, never shorter": async ({
    a,
    b,
    key,
    here,
    heartbeat,
  }) => {
    const [short, long] = [here.newToken(), here.newToken()];
    await grant(a, key, short, 1_000);
    await heartbeat(b, here, short);
    assert.ok((await a.inspect(key)).remaining > 1_000);
    await release(a, key, short);
    await grant(a, key, long);
    await heartbeat(b, here, long);
    assert.ok((await a.inspect(key)).remaining > TTL / 2);
    await release(a, key, long);
  },

  "skips the waiters of a process that shows no life, all at once": async ({
    a,
    b,
    key,
    here,
    there,
    waiting,
    heartbeat,
    outlive,
  }) => {
    const holder = here.newToken();
    await grant(a, key, holder);
    for (let i = 0; i < 3; i++) await wait(b, key, there.newToken());
    const living = here.newToken();
    await wait(a, key, living);
    await wait(b, key, there.newToken());
    await outlive(there);
    await heartbeat(a, here, living);
    await release(a, key, holder);
    await here.received(1);
    assert.equal(here.grants[0]!.token, living);
    assert.equal(await waiting(), 1);
    await release(a, key, living);
    assert.deepEqual(await a.inspect(key), {
      held: false,
      remaining: 0,
      fence: here.grants[0]!.fence,
      waiting: 0,
      token: null,
      waiters: [],
    });
  },

  "counts a waiter as alive again from its heartbeat on": async ({ a, b, key, here, there, heartbeat, outlive }) => {
    const [holder, token] = [here.newToken(), there.newToken()];
    await grant(a, key, holder);
    await wait(b, key, token);
    await outlive(there);
    await heartbeat(b, there, token);
    await release(a, key, holder);
    await there.received(1);
    assert.equal(there.grants[0]!.token, token);
    await release(a, key, token);
  },
};
