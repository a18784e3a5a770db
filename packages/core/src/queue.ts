import { AsyncResource } from "node:async_hooks";
import type { AcquireReply, Driver, HeartbeatReply, Listener } from "./driver";
import { leaseEnd, now } from "./lease";
import { CLAIM, HEARTBEAT } from "./times";

/** What a waiter is told: the lock is its own until the deadline, or (if that has passed, or is 0) it has to ask again. */
export interface News {
  readonly status: "news";
  readonly fence: number;
  readonly deadline: number;
}

/** One token's place in a queue, from before its first request is sent. */
export interface Place {
  /** For the next request; 0 before the first answer. */
  readonly ticket: number;
  /** When it was last heard of: of an answered heartbeat or request, the send time; before that, of the first request. */
  readonly heardAt: number;
  /** The next news. While a request is under way only a grant is news. */
  news(): Promise<News>;
  asking(): void;
  /** A request that was sent at `sent` put it, or found it, in the queue. */
  queued(sent: number, reply: AcquireReply & { status: "queued" }): void;
  leave(): void;
}

interface Waiter {
  readonly token: string;
  asked: boolean;
  known: boolean;
  heardAt: number;
  floor: number;
  tell(fence: number, deadline: number): void;
}

/** The waiters of one key in this locker. */
interface Line {
  readonly key: string;
  readonly waiters: Map<string, Waiter>;
  checkAt: number;
}

export interface Queue {
  enter(key: string, token: string): Place;
  close(): Promise<void>;
}

/** How long the inbox stays open when nobody waits, in ms. */
const IDLE = 10_000;

const ASK_AGAIN = 0;

/**
 * Keeps a locker's waiters alive in their queues, and hands them what comes for them: by message at once, by heartbeat
 * when a message was lost, at the end of the holder's lease when the holder is gone.
 */
export function createQueue(driver: Driver, inbox: string, forcedOut: (token: string) => void): Queue {
  const lines = new Map<string, Line>();
  const waiters = new Map<string, Waiter>();
  let timer: NodeJS.Timeout | undefined;
  let wakeAt = Number.POSITIVE_INFINITY;
  let closed = false;
  let opening: AbortController | undefined;
  let closeInbox: (() => Promise<void>) | undefined;
  let idle: NodeJS.Timeout | undefined;

  function wakeBy(time: number): void {
    if (time >= wakeAt) return;
    clearTimeout(timer);
    wakeAt = time;
    timer = setTimeout(tick, Math.max(Math.ceil(time - now()), 1));
  }

  // Bound to the context in which the locker was made, not to that of whichever caller began to wait.
  const tick = AsyncResource.bind((): void => {
    wakeAt = Number.POSITIVE_INFINITY;
    const time = now();
    for (const line of lines.values()) {
      if (line.checkAt <= time) check(line);
      wakeBy(line.checkAt);
    }
  });

  function checkAll(): void {
    for (const line of lines.values()) check(line);
  }

  function check(line: Line): void {
    listen();
    const sent = now();
    line.checkAt = sent + HEARTBEAT * (0.9 + Math.random() / 10);
    const asked = [...line.waiters.values()].filter(({ known }) => known);
    if (asked.length === 0) return;
    driver.heartbeat({ key: line.key, inbox, tokens: asked.map(({ token }) => token) }).then(
      (reply) => heard(line, sent, asked, reply),
      () => {}, // the next one is sent all the same
    );
  }

  function heard(
    line: Line,
    sent: number,
    asked: readonly Waiter[],
    { states, fence, floor, head, remaining }: HeartbeatReply,
  ): void {
    if (head) expectEnd(line, remaining);
    asked.forEach((waiter, i) => {
      if (!line.waiters.has(waiter.token)) return;
      if (states[i] === "granted") waiter.tell(fence, fence === 0 ? ASK_AGAIN : leaseEnd(sent, CLAIM));
      else if (states[i] === "missing") waiter.tell(0, ASK_AGAIN);
      else {
        waiter.heardAt = Math.max(waiter.heardAt, sent);
        waiter.floor = Math.max(waiter.floor, floor);
      }
    });
  }

  /** The first in the queue looks when the holder's lease ends: a holder that died releases nothing. */
  function expectEnd(line: Line, remaining: number): void {
    line.checkAt = Math.min(line.checkAt, now() + Math.max(remaining, 0) + 1);
    if (lines.get(line.key) === line) wakeBy(line.checkAt);
  }

  function listen(): void {
    if (opening || closed || !driver.listen) return;
    const attempt = new AbortController();
    opening = attempt;
    const listener: Listener = {
      granted(token, fence, claim) {
        const waiter = waiters.get(token);
        // Not above the floor: it was sent before the last answer, which found the token waiting after all.
        if (waiter && fence > waiter.floor) waiter.tell(fence, leaseEnd(waiter.heardAt, claim));
      },
      forcedOut,
      reset: checkAll,
    };
    driver.listen(inbox, listener, attempt.signal).then(
      (close) => {
        if (opening === attempt) closeInbox = close;
        else close().catch(() => {});
      },
      () => {
        if (opening === attempt) opening = undefined; // the next check tries again
      },
    );
  }

  async function hangUp(): Promise<void> {
    const close = closeInbox;
    opening?.abort();
    opening = undefined;
    closeInbox = undefined;
    await close?.().catch(() => {});
  }

  return {
    enter(key, token) {
      let line = lines.get(key);
      if (line === undefined) {
        line = { key, waiters: new Map(), checkAt: Number.POSITIVE_INFINITY };
        lines.set(key, line);
      }
      clearTimeout(idle);
      const entered = line;
      let news: News | undefined;
      let deliver: ((news: News) => void) | undefined;
      let ticket = 0;

      const waiter: Waiter = {
        token,
        asked: true,
        known: false,
        heardAt: now(),
        floor: 0,
        tell(fence, deadline) {
          if (waiter.asked && now() >= deadline) return;
          news = { status: "news", fence, deadline };
          deliver?.(news);
        },
      };
      line.waiters.set(token, waiter);
      waiters.set(token, waiter);

      return {
        get ticket() {
          return ticket;
        },
        get heardAt() {
          return waiter.heardAt;
        },
        news: () =>
          new Promise<News>((resolve) => {
            if (news) resolve(news);
            else deliver = resolve;
          }),
        asking() {
          waiter.asked = true;
          news = undefined;
          deliver = undefined;
        },
        queued(sent, reply) {
          waiter.asked = false;
          waiter.known = true;
          waiter.heardAt = Math.max(waiter.heardAt, sent);
          waiter.floor = Math.max(waiter.floor, reply.floor);
          ticket = reply.ticket;
          listen();
          entered.checkAt = Math.min(entered.checkAt, now() + HEARTBEAT);
          wakeBy(entered.checkAt);
          if (reply.head) expectEnd(entered, reply.remaining);
        },
        leave() {
          entered.waiters.delete(token);
          waiters.delete(token);
          if (entered.waiters.size === 0) lines.delete(key);
          if (lines.size > 0) return;
          clearTimeout(timer);
          wakeAt = Number.POSITIVE_INFINITY;
          if (opening) idle = setTimeout(hangUp, IDLE).unref();
        },
      };
    },

    async close() {
      closed = true;
      clearTimeout(idle);
      clearTimeout(timer);
      await hangUp();
    },
  };
}
