import { isLasting } from "../../../packages/core/src/driver/backend-error";
import type { Driver, Place } from "../../../packages/core/src/driver/driver";
import type { DriverQueue, Listener } from "../../../packages/core/src/driver/driver-queue";
import { CLAIM } from "../../../packages/core/src/driver/times";
import type { Event, Reply, Verb } from "../../faults/event";
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
  /** The keys of every token that has asked. */
  const asked = new Map<string, readonly string[]>();
  const tickets = new Set<string>();
  /** How many acquires of each token have no reply yet. */
  const open = new Map<string, number>();

  /** When the latest acquire of each token was sent: a call reads the reply to no earlier one. */
  const latest = new Map<string, number>();

  /** The tokens that were released with a tombstone, each with its key. */
  const dead = new Set<string>();

  /** For each command: how many were sent since the last reply to one like it, and when the first of them was sent. */
  const silences = new Map<string, { count: number; since: number }>();

  async function exchange<T>(verb: Verb, id: string, send: () => Promise<T>, failed?: (final: boolean) => void) {
    const name = `${verb} ${id}`;
    const silence = silences.get(name) ?? { count: 0, since: now() };
    silences.set(name, silence);
    record({ what: "sent", at: now(), worker, verb, id, open: silence.count++, since: silence.since });
    try {
      return await send();
    } catch (error) {
      const final = isLasting(error);
      if (failed) failed(final);
      else record({ what: "failed", at: now(), worker, verb, id, final });
      throw error;
    } finally {
      silences.delete(name);
    }
  }

  async function counted<T>(token: string, answer: Promise<T>): Promise<T> {
    open.set(token, (open.get(token) ?? 0) + 1);
    try {
      return await answer;
    } finally {
      open.set(token, open.get(token)! - 1);
    }
  }

  function asks(keys: readonly string[], token: string, at: number, waits: boolean): void {
    if (asked.has(token)) return;
    asked.set(token, keys);
    course.asks(token, keys);
    for (const key of keys) record({ what: "asks", at, worker, key, id: idOf(token, key), waits });
  }

  /** A waiter that has a ticket must bring it when it asks again. */
  function bringsTicket(token: string, place: Place | undefined): void {
    if (place === undefined || place.ticket !== 0 || !tickets.has(idOf(token, place.key))) return;
    const why = `${worker} asked again for ${place.key} without its ticket (${idOf(token, place.key)})`;
    record({ what: "wrong", at: now(), why });
  }

  const answered = (key: string, token: string, reply: Reply, sent: number, ttl: number) =>
    record({ what: "answered", at: now(), worker, id: idOf(token, key), reply, sent, ttl });

  /** A heartbeat failed. A waiter with a request under way learns more from the reply to it. */
  function notBeaten(key: string, tokens: readonly string[], final: boolean): void {
    const waiting = new Set(course.queued);
    for (const token of tokens) {
      if (waiting.has(token) && (open.get(token) ?? 0) === 0)
        record({ what: "failed", at: now(), worker, verb: "heartbeat", id: idOf(token, key), final });
    }
  }

  const { heartbeat, listen } = driver.queue!;
  const queue: DriverQueue = {
    async heartbeat(request) {
      const { key, tokens } = request;
      const sent = now();
      const reply = await exchange(
        "heartbeat",
        key,
        () => heartbeat(request),
        (final) => notBeaten(key, tokens, final),
      );
      tokens.forEach((token, i) => {
        if (reply.states[i] === "granted") {
          course.granted(token);
          answered(key, token, "claimed", sent, CLAIM);
        }
        if (reply.states[i] === "queued") answered(key, token, "queued", sent, CLAIM);
      });
      return reply;
    },

    async listen(inbox, listener, signal) {
      const between: Listener = {
        ...listener,
        granted(token, fence, claim) {
          course.granted(token);
          for (const key of asked.get(token) ?? [])
            record({ what: "pushed", at: now(), worker, id: idOf(token, key), ttl: claim, fence });
          listener.granted(token, fence, claim);
        },
        forcedOut(token, reason) {
          for (const key of asked.get(token) ?? []) record({ what: "ousted", at: now(), worker, id: idOf(token, key) });
          listener.forcedOut(token, reason);
        },
      };
      const close = await listen(inbox, between, signal);
      record({ what: "listens", at: now(), worker });
      return close;
    },
  };

  return {
    ...driver,
    queue,

    async acquire(request, call) {
      const { keys, token, ttl, place } = request;
      const sent = now();
      asks(keys, token, sent, place !== undefined);
      bringsTicket(token, place);
      course.sent("acquire", token);
      latest.set(token, sent);
      const reply = await counted(
        token,
        exchange("acquire", idOf(token, keys[0]!), () => driver.acquire(request, call)),
      );
      if (reply.status === "queued") tickets.add(idOf(token, reply.key));
      course.replied("acquire", token, reply.status === "queued" && reply.key !== keys[0] ? "some" : reply.status);
      if (reply.status === "granted" && latest.get(token) === sent)
        for (const key of keys) answered(key, token, "granted", sent, ttl);
      if (reply.status === "queued") answered(reply.key, token, "queued", sent, ttl);
      if (reply.status === "held" || reply.status === "dead")
        record({ what: "denied", at: now(), worker, id: idOf(token, keys[0]!) });
      return reply;
    },

    async extend(request) {
      const { key, token, ttl } = request;
      const sent = now();
      course.sent("extend", token);
      const reply = await exchange("extend", idOf(token, key), () => driver.extend(request));
      course.replied("extend", token, reply === "held" ? reply : "lost");
      if (reply === "held") answered(key, token, "extended", sent, ttl);
      else record({ what: "denied", at: now(), worker, id: idOf(token, key) });
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
      const reply = await exchange("release", idOf(token, key), () => driver.release(request));
      course.replied("release", request.token, reply === "released" ? reply : "lost");
      return reply;
    },

    async transfer(request) {
      const { key, from, to, ttl } = request;
      const sent = now();
      asks([key], to, sent, false);
      course.sent("transfer", to);
      const reply = await driver.transfer!(request).catch((error: unknown) => {
        const final = isLasting(error);
        record({ what: "failed", at: now(), worker, verb: "transfer", id: idOf(from, key), final });
        throw error;
      });
      course.replied("transfer", to, reply.status);
      if (reply.status === "granted") answered(key, to, "granted", sent, ttl);
      return reply;
    },
  };
}
