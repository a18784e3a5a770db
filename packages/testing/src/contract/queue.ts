import assert from "node:assert/strict";
import { enter, grant, release } from "./calls";
import { type QueueScene, type QueueServerScene, wait } from "./queue-scene";
import type { Cases } from "./scene";

/** How a driver keeps the waiters of a key in their order. */
export const queueCases: Cases<QueueScene> = {
  "keeps the place of a token that asks again, and restores the old place of a ticket": async ({
    a,
    b,
    key,
    here,
    there,
    waiting,
  }) => {
    const [holder, first, second] = [here.newToken(), here.newToken(), there.newToken()];
    await grant(a, key, holder);
    const { ticket } = await wait(a, key, first);
    const behind = await wait(b, key, second);
    assert.ok(behind.ticket > ticket);
    assert.equal((await wait(a, key, first)).ticket, ticket);
    assert.equal((await wait(a, key, second, 0)).ticket, behind.ticket);
    assert.equal(await waiting(), 2);
    assert.equal(await release(a, key, first), "lost");
    assert.equal(await waiting(), 1);
    const again = await wait(a, key, first, ticket);
    assert.deepEqual([again.ticket, again.head], [ticket, true]);
    await release(a, key, holder);
    await here.received(1);
    assert.equal(here.grants[0]!.token, first);
    await release(a, key, first);
    await release(a, key, second);
  },

  "queues many that enter in one tick in the order in which they were sent": async ({ a, key, here, waiting }) => {
    const holder = here.newToken();
    await grant(a, key, holder);
    const tokens = Array.from({ length: 60 }, () => here.newToken());
    const tickets = await Promise.all(tokens.map(async (token) => (await wait(a, key, token)).ticket));
    assert.deepEqual(
      tickets,
      [...new Set(tickets)].sort((x, y) => x - y),
    );
    await Promise.all(tokens.map((token) => release(a, key, token)));
    assert.equal(await waiting(), 0);
    await release(a, key, holder);
    assert.deepEqual(here.grants, []);
  },

  "takes a token that is given up out of the queue, for good": async ({
    a,
    b,
    key,
    here,
    there,
    waiting,
    heartbeat,
  }) => {
    const [holder, gone, next] = [here.newToken(), here.newToken(), there.newToken()];
    await grant(a, key, holder);
    const { ticket } = await wait(a, key, gone);
    await wait(b, key, next);
    assert.equal(await release(b, key, gone, true), "lost");
    assert.equal(await waiting(), 1);
    assert.equal((await enter(a, key, gone, ticket)).status, "dead");
    assert.deepEqual((await heartbeat(a, here, gone)).states, ["missing"]);
    assert.equal(await waiting(), 1);
    await release(a, key, holder);
    await there.received(1);
    assert.equal((await enter(a, key, gone, ticket)).status, "dead");
    await release(a, key, next);
    assert.equal((await a.inspect(key)).held, false);
  },

  "passes a grant on when its token is given up": async ({ a, b, key, here, there }) => {
    const [holder, gone, next] = [here.newToken(), here.newToken(), there.newToken()];
    await grant(a, key, holder);
    await wait(a, key, gone);
    await wait(b, key, next);
    await release(a, key, holder);
    assert.equal(await release(a, key, gone, true), "released");
    await there.received(1);
    assert.equal(there.grants[0]!.token, next);
    await release(a, key, next);
  },
};

export const queueOnServer: Cases<QueueServerScene> = {
  "keeps nothing without a ttl while somebody waits, and nothing of the queue once it is empty": async ({
    a,
    b,
    key,
    here,
    there,
    heartbeat,
    ended,
    ending,
    command,
    namesOf,
  }) => {
    await grant(a, key, here.newToken());
    await a.forceRelease({ key });
    const holder = here.newToken();
    await grant(a, key, holder);
    const before = await namesOf(key);
    const [first, second] = [here.newToken(), there.newToken()];
    await wait(a, key, first);
    await wait(b, key, second);
    await heartbeat(a, here, first);
    for (const name of await namesOf(key)) {
      const left = Number(await command("PTTL", name));
      assert.ok(left > 0 && left <= 86_400_000, `${name} has the ttl ${left}`);
    }
    await release(a, key, second);
    await release(a, key, first);
    await heartbeat(a, here, first);
    assert.deepEqual(await namesOf(key), before, "after leaving");

    await wait(a, key, first);
    await release(a, key, holder);
    await heartbeat(a, here, first);
    await release(a, key, first);
    await heartbeat(a, here, first);
    await grant(a, key, there.newToken(), ending);
    await wait(a, key, second);
    await ended(key);
    await release(a, key, second);
    const left = await namesOf(key);
    assert.ok(
      left.every((name) => before.includes(name)),
      `${left} after hand-over`,
    );
  },
};
