import type { Driver } from "./driver";
import { now } from "./lease";

interface Place {
  holder: string | undefined;
  until: number;
  fence: number;
  /** The token that was released last, and the one that was forced out last. */
  released: string | undefined;
  revoked: string | undefined;
}

const DAY = 86_400_000;
const TOMBSTONE = 60_000;

/**
 * Locks kept in this process, with the semantics of the scripts: for tests, and for programs of one process. Lockers
 * exclude each other if they share one driver.
 */
export function inProcessDriver(): Driver {
  const places = new Map<string, Place>();
  const dead = new Map<string, number>();
  let sweepAt = 1_000;

  /** Forgets what Redis would have let expire, once there is twice as much as was left the last time. */
  function sweep(): void {
    if (places.size + dead.size < sweepAt) return;
    const time = now();
    for (const [key, place] of places) if (place.until + DAY < time) places.delete(key);
    for (const [token, until] of dead) if (until < time) dead.delete(token);
    sweepAt = Math.max(1_000, 2 * (places.size + dead.size));
  }

  function at(key: string): Place {
    let place = places.get(key);
    if (place === undefined) {
      sweep();
      place = { holder: undefined, until: now(), fence: 0, released: undefined, revoked: undefined };
      places.set(key, place);
    }
    if (place.until <= now()) place.holder = undefined;
    return place;
  }

  function free(place: Place): void {
    place.holder = undefined;
    place.until = now();
    place.released = undefined;
    place.revoked = undefined;
  }

  return {
    async acquire({ key, token, ttl }) {
      const place = at(key);
      if ((dead.get(token) ?? 0) > now() || place.released === token || place.revoked === token)
        return { status: "dead" };
      if (place.holder === undefined) {
        place.holder = token;
        place.until = now() + ttl;
        place.fence = Math.max(place.fence + 1, Math.floor((performance.timeOrigin + now()) * 1_000));
      } else if (place.holder === token) {
        place.until = Math.max(place.until, now() + ttl);
      } else {
        return { status: "held", remaining: Math.ceil(place.until - now()) };
      }
      return { status: "granted", fence: place.fence };
    },

    extend: (requests) =>
      requests.map(async ({ key, token, ttl }) => {
        const place = at(key);
        if (place.holder !== token) return "lost";
        place.until = Math.max(place.until, now() + ttl);
        return "held";
      }),

    async release({ key, token, undo }) {
      const place = at(key);
      if (undo) dead.set(token, now() + TOMBSTONE);
      if (place.holder === token) {
        free(place);
        place.released = token;
      }
      return place.released === token ? "released" : "lost";
    },

    async inspect(key) {
      const place = at(key);
      const held = place.holder !== undefined;
      return { held, remaining: held ? Math.ceil(place.until - now()) : 0, fence: place.fence, waiting: 0 };
    },

    async forceRelease(key) {
      const place = at(key);
      const { holder } = place;
      if (holder === undefined) return false;
      free(place);
      place.revoked = holder;
      return true;
    },
  };
}
