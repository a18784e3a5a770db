import assert from "node:assert/strict";
import { acquire, enter, grant, newKey, release, TTL } from "./calls";
import { type QueueScene, wait } from "./queue-scene";
import type { Cases } from "./scene";

/** How a driver hands a lock over to the first waiter. */
export const handOverCases: Cases<QueueScene> = {
  "hands over in the order of arrival, and notifies only the inbox of the next waiter": async ({
    a,
    b,
    key,
    here,
    there,
    waiting,
  }) => {
    const holder = here.newToken();
    const tokens = [here, there, here, there, here].map((inbox) => inbox.newToken());
    let last = await grant(a, key, holder);
    for (const [i, token] of tokens.entries()) {
      const { head, remaining, floor, ticket } = await wait(i % 2 ? b : a, key, token);
      assert.equal(head, i === 0);
      assert.ok(remaining > TTL / 2 && remaining <= TTL && floor >= last && ticket > 0);
      assert.equal(await waiting(), i + 1);
    }
    let previous = holder;
    for (const [i, token] of tokens.entries()) {
      const inbox = i % 2 ? there : here;
      assert.equal(await release(i % 2 ? a : b, key, previous), "released");
      const { held, fence, waiting: left, remaining } = await a.inspect(key);
      assert.deepEqual([held, left], [true, tokens.length - i - 1]);
      assert.ok(fence > last, "a grant without a higher fence");
      await inbox.received(Math.floor(i / 2) + 1);
      const message = inbox.grants.at(-1)!;
      assert.deepEqual([message.token, message.fence], [token, fence]);
      assert.ok(remaining > 0 && remaining <= message.claim && message.claim < TTL);
      assert.deepEqual(await enter(b, key, token), { status: "granted", fences: [fence] });
      previous = token;
      last = fence;
    }
    assert.equal(await release(a, key, previous), "released");
    assert.equal((await a.inspect(key)).held, false);
    assert.deepEqual(
      here.grants.map(({ token }) => token),
      tokens.filter((_, i) => i % 2 === 0),
    );
    assert.deepEqual([...here.forcedOut, ...there.forcedOut], []);
  },

  "mints for a later grant a fence above the floor of every earlier answer": async ({ a, b, key, here, heartbeat }) => {
    const [holder, token] = [here.newToken(), here.newToken()];
    await grant(a, key, holder);
    const { floor } = await wait(b, key, token);
    const beat = await heartbeat(b, here, token);
    assert.ok(beat.floor >= floor && beat.fence <= beat.floor);
    await release(a, key, holder);
    await here.received(1);
    assert.ok(here.grants[0]!.fence > beat.floor);
    await release(a, key, token);
  },

  "settles a free key before it answers, so that no newcomer overtakes": async ({
    a,
    b,
    here,
    there,
    ended,
    ending,
  }) => {
    const meet: Record<string, (key: string, expired: string) => Promise<void>> = {
      async tryAcquire(key) {
        assert.equal((await acquire(b, key, there.newToken())).status, "held");
      },
      async acquire(key) {
        const newcomer = there.newToken();
        const reply = await enter(b, key, newcomer);
        assert.equal(reply.status, "queued");
        await release(b, key, newcomer);
      },
      async heartbeat(key) {
        await b.queue!.heartbeat({ key, inbox: there.name, tokens: [] });
      },
      async "stale release"(key, expired) {
        assert.equal(await release(b, key, expired), "lost");
      },
    };
    for (const [i, [name, look]] of Object.entries(meet).entries()) {
      const key = newKey();
      const [expired, first, second] = [here.newToken(), here.newToken(), there.newToken()];
      await grant(a, key, expired, ending);
      await wait(a, key, first);
      await wait(a, key, second);
      await ended(key);
      await look(key, expired);
      await here.received(i + 1);
      assert.equal(here.grants[i]!.token, first, name);
      const { held, waiting: left } = await a.inspect(key);
      assert.deepEqual([held, left], [true, 1], name);
      await release(a, key, second);
      await release(a, key, first);
    }
    assert.deepEqual(there.grants, []);
  },

  "grants the first in the queue that finds the key free itself": async ({ a, b, key, here, ended, ending }) => {
    const [expired, token] = [here.newToken(), here.newToken()];
    const before = await grant(a, key, expired, ending);
    await wait(a, key, token);
    await ended(key);
    const reply = await enter(b, key, token);
    assert.ok(reply.status === "granted" && reply.fences[0]! > before);
    const { remaining, waiting: left } = await a.inspect(key);
    assert.ok(remaining > TTL / 2 && left === 0);
    await release(a, key, token);
  },

  "notifies the inbox of a holder that is forced out, and hands over": async ({ a, b, key, here, there }) => {
    const [holder, next] = [here.newToken(), there.newToken()];
    await grant(a, key, holder);
    await wait(b, key, next);
    assert.equal(await b.forceRelease({ key }), true);
    await here.received(1);
    await there.received(1);
    assert.deepEqual([here.forcedOut, here.grants], [[holder], []]);
    assert.deepEqual([there.forcedOut, there.grants.map(({ token }) => token)], [[], [next]]);
    assert.equal(await release(a, key, next), "released");
  },
};
