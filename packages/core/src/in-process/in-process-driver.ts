import type { AcquireReply, AcquireRequest, Driver, Listener } from "../driver/driver";
import { type DriverOptions, resolveFenceTtl } from "../driver/driver-options";
import { now } from "../driver/lease";
import { CLAIM, WINDOW } from "../driver/times";

interface Place {
  holder: string | undefined;
  until: number;
  fence: number;
  /** Waiting tokens with their tickets, in order; and the highest ticket. */
  queue: Map<string, number>;
  lastTicket: number;
  /** Inboxes, and until when their waiters count as alive. */
  alive: Map<string, number>;
  /** The token that was released last, and the one that was forced out last. */
  released: string | undefined;
  revoked: string | undefined;
}

export const TOMBSTONE = 60_000;

const inboxOf = (token: string): string => token.slice(0, token.indexOf(":"));

const micros = (): number => Math.floor((performance.timeOrigin + now()) * 1_000);

/**
 * Locks kept in this process, with the semantics of the scripts: for tests, and for programs of one process. Lockers
 * exclude each other if they share one driver. Throws `TypeError` or `RangeError` for bad options.
 */
export function inProcessDriver(options?: DriverOptions): Driver {
  const fenceTtl = resolveFenceTtl(options);
  const places = new Map<string, Place>();
  const dead = new Map<string, number>();
  const inboxes = new Map<string, Listener>();
  let sweepAt = 1_000;

  /** Forgets what Redis would have let expire, once there is twice as much as was left the last time. */
  function sweep(): void {
    if (places.size + dead.size < sweepAt) return;
    const time = now();
    for (const [key, place] of places) if (place.until + fenceTtl < time && place.queue.size === 0) places.delete(key);
    for (const [token, until] of dead) if (until < time) dead.delete(token);
    sweepAt = Math.max(1_000, 2 * (places.size + dead.size));
  }

  function at(key: string): Place {
    let place = places.get(key);
    if (place === undefined) {
      sweep();
      place = {
        holder: undefined,
        until: now(),
        fence: 0,
        queue: new Map(),
        lastTicket: 0,
        alive: new Map(),
        released: undefined,
        revoked: undefined,
      };
      places.set(key, place);
    }
    if (place.until <= now()) place.holder = undefined;
    return place;
  }

  const isDead = (place: Place, token: string): boolean =>
    (dead.get(token) ?? 0) > now() || place.released === token || place.revoked === token;

  function grant(place: Place, token: string, ttl: number): void {
    place.holder = token;
    place.until = now() + ttl;
    place.fence = Math.max(place.fence + 1, micros());
    place.queue.delete(token);
  }

  /** Gives a free lock to the first waiter that is alive, and drops those before it. */
  function settle(place: Place): void {
    if (place.holder !== undefined) return;
    for (const token of place.queue.keys()) {
      place.queue.delete(token);
      const inbox = inboxOf(token);
      if ((place.alive.get(inbox) ?? 0) <= now()) continue;
      grant(place, token, CLAIM);
      const { fence } = place;
      setImmediate(() => inboxes.get(inbox)?.granted(token, fence, CLAIM));
      break;
    }
    if (place.queue.size === 0) place.alive.clear();
  }

  function free(place: Place): void {
    place.holder = undefined;
    place.until = now();
    place.released = undefined;
    place.revoked = undefined;
  }

  function enqueue(place: Place, token: string, ticket: number): number {
    const had = place.queue.get(token);
    if (had !== undefined) return had;
    if (place.queue.size === 0) place.lastTicket = 0;
    const taken = ticket || Math.max(micros(), place.lastTicket + 1);
    place.queue.set(token, taken);
    // Only an old ticket has a place before others.
    if (taken < place.lastTicket) place.queue = new Map([...place.queue].sort(([, a], [, b]) => a - b));
    place.lastTicket = Math.max(place.lastTicket, taken);
    return taken;
  }

  function acquire({ key, token, ttl, ticket }: AcquireRequest): AcquireReply {
    const place = at(key);
    if (isDead(place, token)) return { status: "dead" };
    settle(place);
    if (place.holder === undefined) {
      grant(place, token, ttl);
    }
    const { holder, until, fence, alive } = place;
    if (holder === token) {
      place.until = Math.max(until, now() + ttl);
      return { status: "granted", fence };
    }
    const remaining = Math.ceil(until - now());
    if (ticket === undefined) return { status: "held", remaining };
    const taken = enqueue(place, token, ticket);
    alive.set(inboxOf(token), now() + WINDOW);
    const head = place.queue.keys().next().value === token;
    return { status: "queued", remaining, ticket: taken, floor: Math.max(fence, micros()), head };
  }

  return {
    acquire: async (request) => acquire(request),

    async acquireAll({ keys, token, ttl, place: waits }) {
      for (const key of waits ? [] : keys) {
        const place = at(key);
        settle(place);
        if (place.holder !== undefined && place.holder !== token) {
          return { status: "held", key, remaining: Math.ceil(place.until - now()) };
        }
      }
      const fences: number[] = [];
      for (const key of keys) {
        const ticket = waits && (waits.key === key ? waits.ticket : 0);
        const reply = acquire({ key, token, ttl, ticket });
        if (reply.status !== "granted") return { ...reply, key };
        fences.push(reply.fence);
      }
      return { status: "granted", fences };
    },

    async extend({ key, token, ttl }) {
      const place = at(key);
      if (place.holder !== token) return "lost";
      place.until = Math.max(place.until, now() + ttl);
      return "held";
    },

    async release({ key, token, undo }) {
      const place = at(key);
      if (undo) dead.set(token, now() + TOMBSTONE);
      place.queue.delete(token);
      if (place.holder === token) {
        free(place);
        place.released = token;
      }
      settle(place);
      return place.released === token ? "released" : "lost";
    },

    async heartbeat({ key, inbox, tokens }) {
      const place = at(key);
      place.alive.set(inbox, now() + WINDOW);
      settle(place);
      const { holder, fence, queue } = place;
      if (holder !== undefined && tokens.includes(holder)) place.until = Math.max(place.until, now() + CLAIM);
      const head = queue.keys().next().value;
      return {
        remaining: holder === undefined ? 0 : Math.ceil(place.until - now()),
        fence,
        floor: Math.max(fence, micros()),
        head: head !== undefined && inboxOf(head) === inbox,
        states: tokens.map((token) => (holder === token ? "granted" : queue.has(token) ? "queued" : "missing")),
      };
    },

    async transfer({ key, from, to, ttl }) {
      const place = at(key);
      if (place.holder === to) {
        place.until = Math.max(place.until, now() + ttl);
        return { status: "granted", fence: place.fence };
      }
      if (place.holder !== from) {
        settle(place);
        return { status: "lost" };
      }
      if (isDead(place, to)) return { status: "dead" };
      free(place);
      place.released = from;
      grant(place, to, ttl);
      return { status: "granted", fence: place.fence };
    },

    async inspect(key) {
      const { holder, until, fence, queue } = at(key);
      const held = holder !== undefined;
      const token = holder ?? null;
      return { held, remaining: held ? Math.ceil(until - now()) : 0, fence, waiting: queue.size, token };
    },

    async forceRelease(key) {
      const place = at(key);
      const { holder } = place;
      if (holder === undefined) return false;
      free(place);
      place.revoked = holder;
      setImmediate(() => inboxes.get(inboxOf(holder))?.forcedOut(holder));
      settle(place);
      return true;
    },

    async listen(inbox, listener) {
      inboxes.set(inbox, listener);
      return async () => {
        inboxes.delete(inbox);
      };
    },
  };
}
