import { AsyncResource } from "node:async_hooks";
import type { AcquireReply, Driver, HeartbeatReply, Listener } from "./driver";
import { leaseEnd, now } from "./lease";
import { CLAIM, HEARTBEAT } from "./times";
import type { Undo } from "./undo";
import type { Wait } from "./wait";

type Queued = AcquireReply & { readonly status: "queued" };

/** What a waiter is told: the lock is its own until the deadline, or (if that has passed, or is 0) it has to ask again. */
export interface News {
  readonly status: "news";
  readonly fence: number;
  readonly deadline: number;
}

/** Who is told. */
export type Told = Pick<Wait<News>, "tell" | "forget">;

/** The waiters of one key in this locker. */
interface Line {
  readonly key: string;
  readonly waiters: Map<string, Waiter>;
  checkAt: number;
}

/** One token's place in a queue, from before its first request is sent. */
export class Waiter {
  /** For the next request; 0 before the first answer. */
  ticket = 0;
  /** When it was last heard of: of an answered heartbeat or request, the send time; before that, of the first request. */
  heardAt = now();
  /** When the first heartbeat was sent that has no answer yet. */
  silentSince: number | undefined;
  /** A later grant has a fence above it. */
  floor = 0;
  /** Once an answer said that it waits. */
  line: Line | undefined;
  #asking = true;

  constructor(
    readonly token: string,
    readonly wait: Told,
  ) {}

  /** A request is under way: only a grant is news. */
  asking(): void {
    this.#asking = true;
    this.wait.forget();
  }

  heard(sent: number, floor: number): void {
    this.silentSince = undefined;
    this.heardAt = Math.max(this.heardAt, sent);
    this.floor = Math.max(this.floor, floor);
  }

  answered(sent: number, { ticket, floor }: Queued): void {
    this.#asking = false;
    this.ticket = ticket;
    this.heard(sent, floor);
  }

  tell(fence: number, deadline: number): void {
    if (!this.#asking || now() < deadline) this.wait.tell({ status: "news", fence, deadline });
  }
}

export interface Queue {
  /** Has the wait told of what comes for the token. */
  enter(token: string, wait: Told): Waiter;
  /** A request that was sent at `sent` put the waiter, or found it, in the queue of this key. */
  queued(waiter: Waiter, key: string, sent: number, reply: Queued): void;
  leave(waiter: Waiter): void;
  /**
   * The token waited for the key, and was released or given up since. A grant of it with a fence above this one, that of
   * its lock or 0, is passed on.
   */
  gone(key: string, token: string, fence: number): void;
  close(): Promise<void>;
}

interface Gone {
  readonly keys: readonly string[];
  readonly fence: number;
}

/** How many tokens that are gone are remembered. A grant to an older one costs the others its claim. */
const GONE = 1_000;

/** How long the inbox stays open when nobody waits, in ms. */
const IDLE = 10_000;

const ASK_AGAIN = 0;

/** Bound to the context in which the locker was made, not to that of whichever caller began to wait. */
const inOwnContext = (task: () => void): (() => void) => AsyncResource.bind(task);

/**
 * Keeps a locker's waiters alive in their queues, and hands them what comes for them: by message at once, by heartbeat
 * when a message was lost, at the end of the holder's lease when the holder is gone.
 */
export function createQueue(driver: Driver, inbox: string, undo: Undo, forcedOut: (token: string) => void): Queue {
  const lines = new Map<string, Line>();
  const waiters = new Map<string, Waiter>();
  const away = new Map<string, Gone>();
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

  const tick = inOwnContext((): void => {
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
    const asked = [...line.waiters.values()];
    for (const waiter of asked) waiter.silentSince ??= sent;
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
      else waiter.heard(sent, floor);
    });
  }

  /** The first in the queue looks when the holder's lease ends: a holder that died releases nothing. */
  function expectEnd(line: Line, remaining: number): void {
    line.checkAt = Math.min(line.checkAt, now() + Math.max(remaining, 0) + 1);
    if (lines.get(line.key) === line) wakeBy(line.checkAt);
  }

  const listen = inOwnContext((): void => {
    if (opening || closed || !driver.listen) return;
    const attempt = new AbortController();
    opening = attempt;
    const listener: Listener = {
      granted(token, fence, claim) {
        const waiter = waiters.get(token);
        const gone = away.get(token);
        // By a queue of the past, to which a failover has led back; not its own grant, told late.
        if (gone && fence > gone.fence) for (const key of gone.keys) void undo(key, token, { refuse: false });
        // Not above the floor: it was sent before the last answer, which found the token waiting after all.
        if (waiter && fence > waiter.floor) waiter.tell(fence, leaseEnd(waiter.heardAt, claim));
      },
      forcedOut,
      reset: checkAll,
    };
    const open = async () => driver.listen!(inbox, listener, attempt.signal);
    open().then(
      (close) => {
        if (opening === attempt) closeInbox = close;
        else close().catch(() => {});
      },
      () => {
        if (opening === attempt) opening = undefined; // the next check tries again
      },
    );
  });

  async function hangUp(): Promise<void> {
    const close = closeInbox;
    opening?.abort();
    opening = undefined;
    closeInbox = undefined;
    away.clear();
    await close?.().catch(() => {});
  }

  return {
    enter(token, wait) {
      const waiter = new Waiter(token, wait);
      waiters.set(token, waiter);
      return waiter;
    },

    queued(waiter, key, sent, reply) {
      const { token } = waiter;
      waiter.answered(sent, reply);
      clearTimeout(idle);
      idle = undefined;
      listen();
      let line = lines.get(key);
      if (line === undefined) {
        line = { key, waiters: new Map(), checkAt: Number.POSITIVE_INFINITY };
        lines.set(key, line);
      }
      line.waiters.set(token, waiter);
      waiter.line = line;
      line.checkAt = Math.min(line.checkAt, now() + HEARTBEAT);
      wakeBy(line.checkAt);
      if (reply.head) expectEnd(line, reply.remaining);
    },

    leave({ token, line }) {
      waiters.delete(token);
      line?.waiters.delete(token);
      if (line?.waiters.size !== 0) return;
      lines.delete(line.key);
      if (lines.size > 0) return;
      clearTimeout(timer);
      wakeAt = Number.POSITIVE_INFINITY;
      if (opening) idle ??= setTimeout(hangUp, IDLE).unref();
    },

    gone(key, token, fence) {
      if (!opening) return;
      const known = away.get(token);
      away.set(token, { keys: [...(known?.keys ?? []), key], fence: Math.max(known?.fence ?? 0, fence) });
      for (const oldest of away.keys()) {
        if (away.size <= GONE) break;
        away.delete(oldest);
      }
    },

    async close() {
      closed = true;
      clearTimeout(idle);
      clearTimeout(timer);
      await hangUp();
    },
  };
}
