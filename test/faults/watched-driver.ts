import type { Driver, Listener } from "@distlock/core/driver";
import { CLAIM } from "../../packages/core/src/driver/times";
import { withQueue } from "../support/with-queue";
import { monotonic } from "./clock";
import type { Event, Reply } from "./event";
import { idOf } from "./id";
import type { Moments } from "./moments";

/** A driver that records requests and replies, before the locker receives them. */
export function watchedDriver(
  driver: Driver,
  worker: string,
  record: (event: Event) => void,
  { reach }: Pick<Moments, "reach">,
): Driver {
  /** The ttl that was requested for each token. */
  const ttls = new Map<string, number>();
  const answered = (token: string, reply: Reply, sent: number, ttl: number) =>
    record({ what: "answered", at: monotonic(), worker, id: idOf(token), reply, sent, ttl });

  const watched: Driver = {
    ...driver,

    async acquire(request, call) {
      const { keys, token, ttl } = request;
      const [key = ""] = keys; // workers lock one at a time
      const sent = monotonic();
      if (!ttls.has(token)) record({ what: "asks", at: sent, worker, key, id: idOf(token) });
      ttls.set(token, ttl);
      const reply = await driver.acquire(request, call);
      if (reply.status === "granted" || reply.status === "queued") answered(token, reply.status, sent, ttl);
      if (reply.status === "granted") reach("granted", token, ttl);
      if (reply.status === "queued" || reply.status === "held") reach("waiting", token, ttl);
      return reply;
    },

    async extend(request) {
      const sent = monotonic();
      const reply = await driver.extend(request);
      if (reply === "held") answered(request.token, "extended", sent, request.ttl);
      return reply;
    },
  };

  return withQueue(watched, {
    async heartbeat(request) {
      const sent = monotonic();
      const reply = await driver.queue!.heartbeat(request);
      request.tokens.forEach((token, i) => {
        if (reply.states[i] === "granted") answered(token, "claimed", sent, CLAIM);
        if (reply.states[i] === "queued") answered(token, "queued", sent, CLAIM);
      });
      return reply;
    },

    listen: (inbox, listener, signal) => {
      const between: Listener = {
        ...listener,
        granted(token, fence, claim) {
          record({ what: "pushed", at: monotonic(), worker, id: idOf(token), ttl: claim });
          reach("granted", token, ttls.get(token) ?? claim);
          listener.granted(token, fence, claim);
        },
      };
      return driver.queue!.listen(inbox, between, signal);
    },
  });
}
