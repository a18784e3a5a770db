import type { Driver, Lock } from "./core";
import { WINDOW } from "./times";

/** What the server certainly did with one token, seen from outside. Times are of the day, which the server's are too. */
interface Seen {
  readonly key: string;
  readonly firstSent: number;
  ticket?: number;
  /** The lowest of its tickets: a late copy of its first request may get another one. */
  lowest: number;
  /** While the request was under way, the server found it in the queue, and its locker alive. */
  readonly queued: { sent: number; received: number }[];
  readonly fences: number[];
  leftAt: number;
  /** Whether somebody took the lock away in a way against which no lock can do anything. */
  robbed: boolean;
  lost: boolean;
}

/** Clocks and rounding, in ms. */
const SLACK = 5;

/** Writes down all events, and reports events that must never happen. */
export interface History {
  /** A driver that writes down what the server does. */
  watched(driver: Driver): Driver;
  /** A message of a script, as it was published; messages come in the order of the hand-overs. */
  published(message: string): void;
  robbed(tokens: readonly (string | null)[]): void;
  /** The server lost its data of a key, in this time. */
  forgotten(key: string, from: number): void;
  claimed(lock: Lock): void;
  /** Records who believes that it holds which lock. */
  look(locks: readonly Lock[]): void;
  /** `value` is the value of the key, while the lock believed that it was held. */
  found(lock: Lock, value: string | null): void;
  falselyLost(lock: Lock, why: string): void;
  wrong(what: string): void;
  wrongs(): readonly string[];
  note(what: string): void;
  /** All that happened, line by line. */
  story(): string;
}

export function createHistory(): History {
  const tokens = new Map<string, Seen>();
  const highest = new Map<string, number>();
  const pushed = new Map<string, number>();
  /** The tokens that were released, as the server answered; something else where it no longer knows the one before. */
  const freed: { key: string; token: string }[] = [];
  const lapses: { key: string; from: number; to: number }[] = [];
  const wrongs = new Set<string>();
  /** To be judged at the end, when all is known. */
  const suspected = new Map<string, () => boolean>();

  const began = performance.now();
  const lines: string[] = [];

  const short = (token: string) => token.slice(-8);
  const note = (what: string) => void lines.push(`${(performance.now() - began).toFixed(1).padStart(8)} ${what}`);

  function wrong(what: string): void {
    if (!wrongs.has(what)) note(`WRONG: ${what}`);
    wrongs.add(what);
  }

  function suspect(what: string, those: readonly string[], isExcused = () => false): void {
    if (!suspected.has(what)) note(`suspected: ${what}`);
    suspected.set(what, () => isExcused() || those.some((token) => tokens.get(token)?.robbed));
  }

  /** A release that is sent again is known again only until the next one of its key: a limit. */
  function wasReleasedBefore(token: string): boolean {
    const first = freed.findIndex((one) => one.token === token);
    return first >= 0 && freed.some(({ key }, i) => i > first && key === freed[first]!.key);
  }

  /** Carries a request out, and notes when it was sent and answered. */
  async function noted<R>(verb: string, request: { key: string; token?: string }, send: () => Promise<R>): Promise<R> {
    const sent = (performance.now() - began).toFixed(1);
    const what = `${verb} ${request.key.slice(-1)} ${request.token ? short(request.token) : ""}, sent ${sent}`;
    try {
      const reply = await send();
      note(`${what}: ${JSON.stringify(reply)}`);
      return reply;
    } catch (error) {
      note(`${what}: ${error}`);
      throw error;
    }
  }

  function granted(token: string, fence: number, sentAbove: number): void {
    const seen = tokens.get(token);
    if (!seen || seen.fences.includes(fence)) return;
    seen.fences.push(fence);
    if (fence <= sentAbove) wrong(`fence ${fence} of ${short(token)} is not above the earlier ${sentAbove}`);
    for (const [other, { key, fences }] of tokens) {
      if (other !== token && key === seen.key && fences.includes(fence)) wrong(`fence ${fence} was minted twice`);
    }
    highest.set(seen.key, Math.max(highest.get(seen.key) ?? 0, fence));
  }

  function queued(token: string, sent: number, ticket: number | undefined, asked: number | undefined): void {
    const seen = tokens.get(token)!;
    if (ticket !== undefined && ticket !== seen.ticket) {
      if (asked !== 0) wrong(`${short(token)} lost its place in the queue`);
      for (const [other, { key, ticket: taken }] of tokens) {
        if (other !== token && key === seen.key && taken === ticket) wrong(`ticket ${ticket} was given twice`);
      }
      seen.queued.length = 0;
      seen.ticket = ticket;
      seen.lowest = Math.min(seen.lowest, ticket);
    }
    seen.queued.push({ sent, received: Date.now() });
  }

  /** Whether the one was certainly in the queue, with its locker alive, when the fence was minted for the other. */
  function surelyWaited({ key, queued, fences, leftAt }: Seen, fence: number): boolean {
    const time = fence / 1000;
    return queued.some(
      ({ sent, received }) =>
        received + SLACK < time &&
        time < sent + WINDOW - SLACK &&
        leftAt > time + SLACK &&
        !fences.some((own) => own <= fence && own / 1000 > sent - SLACK) &&
        !lapses.some((lapse) => lapse.key === key && lapse.to > sent - SLACK && lapse.from < time + SLACK),
    );
  }

  function findOvertaking(): void {
    for (const [token, seen] of tokens) {
      const place = seen.ticket === undefined ? seen.firstSent * 1000 : seen.lowest;
      for (const fence of seen.fences) {
        for (const [other, waiter] of tokens) {
          if (waiter.key !== seen.key || waiter.ticket === undefined) continue;
          const before = waiter.ticket + (seen.ticket === undefined ? SLACK * 1000 : 0) < place;
          if (before && other !== token && surelyWaited(waiter, fence))
            wrong(`${short(token)} overtook ${short(other)}`);
        }
      }
    }
  }

  return {
    watched: (driver) => ({
      ...driver,
      async acquire(request, call) {
        const { keys, token, place } = request;
        const [key = ""] = keys; // actors lock one at a time
        const [sent, above] = [Date.now(), highest.get(key) ?? 0];
        if (!tokens.has(token)) {
          tokens.set(token, {
            key,
            firstSent: sent,
            lowest: Number.POSITIVE_INFINITY,
            queued: [],
            fences: [],
            leftAt: Number.POSITIVE_INFINITY,
            robbed: false,
            lost: false,
          });
        }
        const reply = await noted("acquire", { key, token }, () => driver.acquire(request, call));
        if (reply.status === "granted") granted(token, reply.fences[0]!, above);
        if (reply.status === "queued") queued(token, sent, reply.ticket, place?.ticket);
        return reply;
      },
      queue: {
        ...driver.queue!,
        async heartbeat(request) {
          const sent = Date.now();
          const { key, inbox } = request;
          const reply = await noted("heartbeat", { key, token: inbox }, () => driver.queue!.heartbeat(request));
          request.tokens.forEach((token, i) => {
            if (reply.states[i] === "queued") queued(token, sent, undefined, undefined);
          });
          return reply;
        },
      },
      async release(request) {
        const seen = tokens.get(request.token);
        if (seen) seen.leftAt = Math.min(seen.leftAt, Date.now());
        const reply = await noted("release", request, () => driver.release(request));
        if (reply === "released") freed.push(request);
        return reply;
      },
      extend: (request) => noted("extend", request, () => driver.extend(request)),
    }),

    published(message) {
      const [token = "", fence] = message.split(" ");
      const seen = tokens.get(token);
      if (!seen) return;
      note(`published to ${short(token)}: ${fence}`);
      if (fence === "0") {
        seen.robbed = true;
        freed.push({ key: seen.key, token: "" });
        return;
      }
      const before = pushed.get(seen.key) ?? 0;
      if (!(Number(fence) > before)) wrong(`fence ${fence} was handed over after ${before}`);
      pushed.set(seen.key, Number(fence));
      granted(token, Number(fence), before);
    },

    robbed(all) {
      for (const token of all) {
        const seen = token === null ? undefined : tokens.get(token);
        if (seen) seen.robbed = true;
      }
    },

    forgotten(key, from) {
      freed.push({ key, token: "" });
      lapses.push({ key, from, to: Date.now() });
    },

    claimed({ token, fence }) {
      note(`${short(token)} is a lock`);
      if (!Number.isSafeInteger(fence) || fence <= 0) wrong(`${short(token)} has the fence ${fence}`);
    },

    look(locks) {
      const holders = new Map<string, string>();
      for (const { key, token, isHeld } of locks) {
        const seen = tokens.get(token)!;
        if (isHeld && seen.lost) wrong(`${short(token)} came back after it was lost`);
        if (!isHeld && !seen.lost) note(`${short(token)} is no longer held`);
        seen.lost ||= !isHeld;
        if (!isHeld) continue;
        const other = holders.get(key);
        if (other) suspect(`${key} has two holders: ${short(other)} and ${short(token)}`, [other, token]);
        holders.set(key, token);
      }
    },

    found({ token }, value) {
      if (value === token) return;
      const what = value === null ? "nothing" : short(value);
      suspect(`${short(token)} believes to hold the lock, and at the key is ${what}`, [token]);
    },

    falselyLost({ token }, why) {
      suspect(`${short(token)} was reported as lost, and is not: ${why}`, [token], () => wasReleasedBefore(token));
    },

    wrong,
    note,
    story: () => lines.join("\n"),

    wrongs() {
      findOvertaking();
      for (const [what, isExcused] of suspected) if (!isExcused()) wrong(what);
      return [...wrongs];
    },
  };
}
