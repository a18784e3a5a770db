import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { AcquireReply, Driver } from "@distlock/core";
import type { ContractCase, DriverTarget } from "./driver-contract";
import { type Inbox, openInbox } from "./inbox";

const TTL = 20_000;
const never = { abandoned: false };

const newKey = (): string => `contract:${randomUUID()}`;

/** How a driver queues waiters and hands locks over: for drivers that can listen. */
export function queueContract({ drivers: [a, b], command, keyPrefix = "" }: DriverTarget): readonly ContractCase[] {
  /** For a lease that is to end: long enough to queue behind it on a slow machine. */
  const ENDING = command ? TTL : 500;
  const release = (driver: Driver, key: string, token: string, undo = false) => driver.release({ key, token, undo });
  const tryAcquire = (driver: Driver, key: string, token: string, ttl = TTL) =>
    driver.acquire({ key, token, ttl }, never);
  const enter = (driver: Driver, key: string, token: string, ticket = 0) =>
    driver.acquire({ key, token, ttl: TTL, ticket }, never);
  const heartbeat = (driver: Driver, key: string, inbox: Inbox, ...tokens: string[]) =>
    driver.heartbeat({ key, inbox: inbox.name, tokens });
  const waiting = async (key: string) => (await b.inspect(key)).waiting;

  async function hold(key: string, token: string, ttl = TTL): Promise<number> {
    const reply = await tryAcquire(a, key, token, ttl);
    assert.equal(reply.status, "granted");
    return reply.status === "granted" ? reply.fence : 0;
  }

  async function wait(driver: Driver, key: string, token: string, ticket = 0) {
    const reply = await enter(driver, key, token, ticket);
    assert.equal(reply.status, "queued");
    return reply as AcquireReply & { status: "queued" };
  }

  async function ended(key: string): Promise<void> {
    await command?.("PEXPIRE", keyPrefix + key, "1");
    while ((await b.inspect(key)).held) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async function namesOf(key: string): Promise<string[]> {
    return ((await command!("KEYS", `*${key}*`)) as unknown[]).map(String).sort();
  }

  /** Has an inbox's last sign of life be too old: on a server at once, elsewhere by waiting. */
  async function outlive(key: string, stale: Inbox): Promise<void> {
    if (!command) return void (await new Promise((resolve) => setTimeout(resolve, 3_100)));
    for (const name of await namesOf(key)) {
      if (String(await command("TYPE", name)) === "hash") await command("HSET", name, stale.name, "1");
    }
  }

  /** Two processes, each with an open inbox, and a key. */
  type Scene = (key: string, here: Inbox, there: Inbox) => Promise<void>;

  const scenes: Record<string, Scene> = {
    "hands over in the order of arrival, and tells the next one's inbox only": async (key, here, there) => {
      const holder = here.newToken();
      const tokens = [here, there, here, there, here].map((inbox) => inbox.newToken());
      let last = await hold(key, holder);
      for (const [i, token] of tokens.entries()) {
        const { head, remaining, floor, ticket } = await wait(i % 2 ? b : a, key, token);
        assert.equal(head, i === 0);
        assert.ok(remaining > TTL / 2 && remaining <= TTL && floor >= last && ticket > 0);
        assert.equal(await waiting(key), i + 1);
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
        assert.deepEqual(await enter(b, key, token), { status: "granted", fence });
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

    "gives a later grant a fence above the floor of every answer before": async (key, here) => {
      const [holder, token] = [here.newToken(), here.newToken()];
      await hold(key, holder);
      const { floor } = await wait(b, key, token);
      const beat = await heartbeat(b, key, here, token);
      assert.ok(beat.floor >= floor && beat.fence <= beat.floor);
      await release(a, key, holder);
      await here.received(1);
      assert.ok(here.grants[0]!.fence > beat.floor);
      await release(a, key, token);
    },

    "keeps the place of a token that asks again, and gives a ticket its old place back": async (key, here, there) => {
      const [holder, first, second] = [here.newToken(), here.newToken(), there.newToken()];
      await hold(key, holder);
      const { ticket } = await wait(a, key, first);
      const behind = await wait(b, key, second);
      assert.ok(behind.ticket > ticket);
      assert.equal((await wait(a, key, first)).ticket, ticket);
      assert.equal((await wait(a, key, second, 0)).ticket, behind.ticket);
      assert.equal(await waiting(key), 2);
      assert.equal(await release(a, key, first), "lost");
      assert.equal(await waiting(key), 1);
      const again = await wait(a, key, first, ticket);
      assert.deepEqual([again.ticket, again.head], [ticket, true]);
      await release(a, key, holder);
      await here.received(1);
      assert.equal(here.grants[0]!.token, first);
      await release(a, key, first);
      await release(a, key, second);
    },

    "answers a heartbeat for each token, and enqueues nobody": async (key, here, there) => {
      const [holder, granted, queued, other] = [there, here, here, there].map((inbox) => inbox.newToken());
      const missing = here.newToken();
      await hold(key, holder!);
      for (const token of [granted!, queued!, other!]) await wait(a, key, token);
      let beat = await heartbeat(a, key, here, missing, queued!, granted!);
      assert.deepEqual(beat.states, ["missing", "queued", "queued"]);
      assert.ok(beat.head && beat.remaining > TTL / 2);
      assert.equal((await heartbeat(b, key, there, other!)).head, false);
      await release(a, key, holder!);
      beat = await heartbeat(b, key, here, queued!, granted!, missing);
      assert.deepEqual(beat.states, ["queued", "granted", "missing"]);
      assert.equal(beat.fence, (await a.inspect(key)).fence);
      assert.equal(await waiting(key), 2);
      for (const token of [queued!, other!, granted!]) await release(a, key, token);
      assert.deepEqual((await heartbeat(a, key, here, queued!)).states, ["missing"]);
      assert.deepEqual((await a.inspect(key)).waiting, 0);
    },

    "makes a granted token's lease last for the claim by heartbeat, never shorter": async (key, here) => {
      const [short, long] = [here.newToken(), here.newToken()];
      await hold(key, short, 1_000);
      await heartbeat(b, key, here, short);
      assert.ok((await a.inspect(key)).remaining > 1_000);
      await release(a, key, short);
      await hold(key, long);
      await heartbeat(b, key, here, long);
      assert.ok((await a.inspect(key)).remaining > TTL / 2);
      await release(a, key, long);
    },

    "skips the waiters of a process that shows no life, all at once": async (key, here, there) => {
      const holder = here.newToken();
      await hold(key, holder);
      for (let i = 0; i < 3; i++) await wait(b, key, there.newToken());
      const living = here.newToken();
      await wait(a, key, living);
      await wait(b, key, there.newToken());
      await outlive(key, there);
      await heartbeat(a, key, here, living);
      await release(a, key, holder);
      await here.received(1);
      assert.equal(here.grants[0]!.token, living);
      assert.equal(await waiting(key), 1);
      await release(a, key, living);
      assert.deepEqual(await a.inspect(key), {
        held: false,
        remaining: 0,
        fence: here.grants[0]!.fence,
        waiting: 0,
        token: null,
      });
    },

    "counts a waiter as alive again from its heartbeat on": async (key, here, there) => {
      const [holder, token] = [here.newToken(), there.newToken()];
      await hold(key, holder);
      await wait(b, key, token);
      await outlive(key, there);
      await heartbeat(b, key, there, token);
      await release(a, key, holder);
      await there.received(1);
      assert.equal(there.grants[0]!.token, token);
      await release(a, key, token);
    },

    "settles a free key before it answers, so that no newcomer overtakes": async (_, here, there) => {
      const meet: Record<string, (key: string, expired: string) => Promise<void>> = {
        async tryAcquire(key) {
          assert.equal((await tryAcquire(b, key, there.newToken())).status, "held");
        },
        async acquire(key) {
          const newcomer = there.newToken();
          const reply = await enter(b, key, newcomer);
          assert.equal(reply.status, "queued");
          await release(b, key, newcomer);
        },
        async heartbeat(key) {
          await heartbeat(b, key, there);
        },
        async "stale release"(key, expired) {
          assert.equal(await release(b, key, expired), "lost");
        },
      };
      for (const [i, [name, look]] of Object.entries(meet).entries()) {
        const key = newKey();
        const [expired, first, second] = [here.newToken(), here.newToken(), there.newToken()];
        await hold(key, expired, ENDING);
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

    "grants the first in the queue that finds the key free itself": async (key, here) => {
      const [expired, token] = [here.newToken(), here.newToken()];
      const before = await hold(key, expired, ENDING);
      await wait(a, key, token);
      await ended(key);
      const reply = await enter(b, key, token);
      assert.ok(reply.status === "granted" && reply.fence > before);
      const { remaining, waiting: left } = await a.inspect(key);
      assert.ok(remaining > TTL / 2 && left === 0);
      await release(a, key, token);
    },

    "takes a token that is given up out of the queue, for good": async (key, here, there) => {
      const [holder, gone, next] = [here.newToken(), here.newToken(), there.newToken()];
      await hold(key, holder);
      const { ticket } = await wait(a, key, gone);
      await wait(b, key, next);
      assert.equal(await release(b, key, gone, true), "lost");
      assert.equal(await waiting(key), 1);
      assert.equal((await enter(a, key, gone, ticket)).status, "dead");
      assert.deepEqual((await heartbeat(a, key, here, gone)).states, ["missing"]);
      assert.equal(await waiting(key), 1);
      await release(a, key, holder);
      await there.received(1);
      assert.equal((await enter(a, key, gone, ticket)).status, "dead");
      await release(a, key, next);
      assert.equal((await a.inspect(key)).held, false);
    },

    "passes a grant on when its token is given up": async (key, here, there) => {
      const [holder, gone, next] = [here.newToken(), here.newToken(), there.newToken()];
      await hold(key, holder);
      await wait(a, key, gone);
      await wait(b, key, next);
      await release(a, key, holder);
      assert.equal(await release(a, key, gone, true), "released");
      await there.received(1);
      assert.equal(there.grants[0]!.token, next);
      await release(a, key, next);
    },

    "tells the inbox of a holder that is forced out, and hands over": async (key, here, there) => {
      const [holder, next] = [here.newToken(), there.newToken()];
      await hold(key, holder);
      await wait(b, key, next);
      assert.equal(await b.forceRelease(key), true);
      await here.received(1);
      await there.received(1);
      assert.deepEqual([here.forcedOut, here.grants], [[holder], []]);
      assert.deepEqual([there.forcedOut, there.grants.map(({ token }) => token)], [[], [next]]);
      assert.equal(await release(a, key, next), "released");
    },

    "queues many that enter in one tick in the order in which they were sent": async (key, here) => {
      const holder = here.newToken();
      await hold(key, holder);
      const tokens = Array.from({ length: 60 }, () => here.newToken());
      const tickets = await Promise.all(tokens.map(async (token) => (await wait(a, key, token)).ticket));
      assert.deepEqual(
        tickets,
        [...new Set(tickets)].sort((x, y) => x - y),
      );
      await Promise.all(tokens.map((token) => release(a, key, token)));
      assert.equal(await waiting(key), 0);
      await release(a, key, holder);
      assert.deepEqual(here.grants, []);
    },
  };

  if (command) {
    Object.assign(scenes, {
      "keeps nothing without a ttl while somebody waits, and nothing of the queue once it is empty": async (
        key,
        here,
        there,
      ) => {
        await hold(key, here.newToken());
        await a.forceRelease(key);
        const holder = here.newToken();
        await hold(key, holder);
        const before = await namesOf(key);
        const [first, second] = [here.newToken(), there.newToken()];
        await wait(a, key, first);
        await wait(b, key, second);
        await heartbeat(a, key, here, first);
        for (const name of await namesOf(key)) {
          const left = Number(await command("PTTL", name));
          assert.ok(left > 0 && left <= 86_400_000, `${name} has the ttl ${left}`);
        }
        await release(a, key, second);
        await release(a, key, first);
        await heartbeat(a, key, here, first);
        assert.deepEqual(await namesOf(key), before, "after leaving");

        await wait(a, key, first);
        await release(a, key, holder);
        await heartbeat(a, key, here, first);
        await release(a, key, first);
        await heartbeat(a, key, here, first);
        await hold(key, there.newToken(), ENDING);
        await wait(a, key, second);
        await ended(key);
        await release(a, key, second);
        const left = await namesOf(key);
        assert.ok(
          left.every((name) => before.includes(name)),
          `${left} after hand-over`,
        );
      },
    } satisfies typeof scenes);
  }
  return Object.entries(scenes).map(([title, scene]) => ({
    title,
    async run() {
      const inboxes = [await openInbox(a), await openInbox(b)] as const;
      try {
        await scene(newKey(), ...inboxes);
      } finally {
        for (const inbox of inboxes) await inbox.close();
      }
    },
  }));
}
