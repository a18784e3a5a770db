import type { Driver, Place } from "../../../packages/core/src/driver/driver";
import type { DriverQueue, Listener } from "../../../packages/core/src/driver/driver-queue";
import { CLAIM } from "../../../packages/core/src/driver/times";
import type { Event, Reply } from "../../faults/event";
import { idOf } from "../id";
import type { Course } from "./course";

/** A driver that records each request and each reply. It records a reply before the locker receives it. */
export function watchedDriver(
  driver: Driver,
  worker: string,
  now: () => number,
  record: (event: Event) => void,
  course: Course,
): Driver {
  const asked = new Set<string>();
  const tickets = new Set<string>();
  /** How many acquires of each token have no reply yet. */
  const open = new Map<string, number>();

  /** The tokens that were released with a tombstone, each with its key. */
  const dead = new Set<string>();

  async function counted<T>(token: string, answer: Promise<T>): Promise<T> {
    open.set(token, (open.get(token) ?? 0) + 1);
    try {
      return await answer;
    } finally {
      open.set(token, open.get(token)! - 1);
    }
  }

  function asks(keys: readonly string[], token: string, at: number): void {
    if (asked.has(token)) return;
    asked.add(token);
    course.asks(token, keys);
    for (const key of keys) record({ what: "asks", at, worker, key, id: idOf(token, key) });
  }

  /** A waiter that has a ticket must bring it when it asks again. */
  function bringsTicket(token: string, place: Place | undefined): void {
    if (place === undefined || place.ticket !== 0 || !tickets.has(idOf(token, place.key))) return;
    const why = `${worker} asked again for ${place.key} without its ticket (${idOf(token, place.key)})`;
    record({ what: "wrong", at: now(), why });
  }

  const answered = (key: string, token: string, reply: Reply, sent: number, ttl: number) =>
    record({ what: "answered", at: now(), worker, id: idOf(token, key), reply, sent, ttl });

  const { heartbeat, listen } = driver.queue!;
  const queue: DriverQueue = {
    async heartbeat(request) {
      const { key, tokens } = request;
      const sent = now();
      const reply = await heartbeat(request);
      tokens.forEach((token, i) => {
        if (reply.states[i] === "granted") answered(key, token, "claimed", sent, CLAIM);
        if (reply.states[i] === "queued") answered(key, token, "queued", sent, CLAIM);
      });
      return reply;
    },

    listen: (inbox, listener, signal) => {
      const between: Listener = {
        ...listener,
        granted(token, fence, claim) {
          for (const key of course.keysOf(token))
            record({ what: "pushed", at: now(), worker, id: idOf(token, key), ttl: claim });
          listener.granted(token, fence, claim);
        },
      };
      return listen(inbox, between, signal);
    },
  };

  return {
    ...driver,
    queue,

    async acquire(request, call) {
      const { keys, token, ttl, place } = request;
      const sent = now();
      asks(keys, token, sent);
      bringsTicket(token, place);
      course.sent("acquire", token);
      const reply = await counted(token, driver.acquire(request, call));
      if (reply.status === "queued") tickets.add(idOf(token, reply.key));
      course.replied("acquire", token, reply.status === "queued" && reply.key !== keys[0] ? "some" : reply.status);
      if (reply.status === "granted") for (const key of keys) answered(key, token, "granted", sent, ttl);
      if (reply.status === "queued") answered(reply.key, token, "queued", sent, ttl);
      return reply;
    },

    async extend(request) {
      const { key, token, ttl } = request;
      const sent = now();
      course.sent("extend", token);
      const reply = await driver.extend(request);
      course.replied("extend", token, reply);
      if (reply === "held") answered(key, token, "extended", sent, ttl);
      return reply;
    },

    async release(request) {
      const { key, token, tombstone } = request;
      if (tombstone) dead.add(idOf(token, key));
      else if ((open.get(token) ?? 0) > 0 && !dead.has(idOf(token, key))) {
        const why = `${worker} released ${idOf(token, key)} without a tombstone, while an acquire was under way`;
        record({ what: "wrong", at: now(), why });
      }
      course.sent("release", token);
      const reply = await driver.release(request);
      course.replied("release", request.token, reply);
      return reply;
    },

    async transfer(request) {
      const { key, to, ttl } = request;
      const sent = now();
      asks([key], to, sent);
      course.sent("transfer", to);
      const reply = await driver.transfer!(request);
      course.replied("transfer", to, reply.status);
      if (reply.status === "granted") answered(key, to, "granted", sent, ttl);
      return reply;
    },
  };
}
