import { AsyncResource } from "node:async_hooks";
import { createAlarm } from "./alarm";
import { isFinal, noListener, noMessages } from "../driver/backend-error";
import { isRefused } from "../driver/channel-warning";
import type { Driver, Listener } from "../driver/driver";
import { now } from "../driver/lease";
import { written } from "./undo";
import { warn } from "../driver/warning";

/** Where a locker hears of grants, once somebody waits. */
export interface Inbox {
  /** Somebody waits for this key. */
  wanted(key: string): void;
  /** Nobody waits any more. */
  unwanted(): void;
  /** A heartbeat found a grant: the message of it is late, lost, or can't be heard. */
  expected(): void;
  /** Whether it is open, or will be as soon as it can. */
  readonly isWanted: boolean;
  close(): Promise<void>;
}

export interface InboxEvents {
  granted(token: string, fence: number, claim: number): void;
  forcedOut(token: string): void;
  /** It hears from now on; messages before may have been lost. */
  opened(): void;
}

/** How long it stays open when nobody waits, in ms; and how long an attempt goes on that has not failed yet. */
const IDLE = 10_000;
const IDLE_ATTEMPT = 250;

/** Between two attempts to open it, in ms: at first, while the server is away, and while it refuses. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;
const REFUSED_PAUSE = 10_000;

/** How late a message is that is not late only because the answer to a heartbeat overtook it, in ms. */
const OVERDUE = 500;
/** So many expected messages without any other are the sign of a connection that is open and hears nothing. */
const DEAF = 2;
/** Between two replacements of a listener that stays deaf, in ms. */
const FIRST_REPLACEMENT = 1_000;
const LONGEST_REPLACEMENT = 60_000;

/**
 * Keeps one listener open while somebody waits. The listener of a driver does not come back by itself; and where a connection
 * was forgotten on the way it does not end either, so a listener is replaced if heartbeats find what it should have heard.
 */
export function createInbox(driver: Driver, name: string, { granted, forcedOut, opened }: InboxEvents): Inbox {
  let key = "";
  let isWanted = false;
  let isClosed = false;
  let attempt: AbortController | undefined;
  let closeOpened: (() => Promise<void>) | undefined;
  let idleAt = Number.POSITIVE_INFINITY;
  let openAt = 0;
  let pause = FIRST_PAUSE;
  let failure: unknown;
  let replaceAt = 0;
  let replacement = FIRST_REPLACEMENT;
  let isWarned = false;
  /** How many grants heartbeats have found since the last message, and when the first. */
  let expected = 0;
  let expectedSince = 0;
  const alarm = createAlarm(onTime, false);

  function onTime(): void {
    if (idleAt <= now()) {
      idleAt = Number.POSITIVE_INFINITY;
      void hangUp();
    }
    open();
  }

  // Bound to the context in which the locker was made, not to that of whichever caller began to wait.
  const open = AsyncResource.bind((): void => {
    alarm.by(idleAt);
    if (attempt || isClosed || !isWanted || !driver.listen) return;
    if (now() < openAt) alarm.by(openAt);
    else begin(driver.listen);
  });

  function begin(listen: NonNullable<Driver["listen"]>): void {
    const own = new AbortController();
    const isOurs = () => attempt === own;
    attempt = own;
    const listener: Listener = {
      granted(...grant) {
        heard();
        granted(...grant);
      },
      forcedOut(token) {
        heard();
        forcedOut(token);
      },
      ended() {
        if (isOurs()) again(undefined);
      },
    };
    const listening = async () => listen(name, listener, own.signal);
    listening().then(
      (close) => {
        if (!isOurs()) {
          close().catch(() => {});
          return;
        }
        closeOpened = close;
        failure = undefined;
        expected = 0;
        opened();
      },
      (error: unknown) => {
        if (isOurs()) again(error);
      },
    );
  }

  function again(error: unknown): void {
    attempt = undefined;
    closeOpened = undefined;
    failure = error;
    openAt = now() + pause;
    pause = Math.min(pause * 2, isFinal(error) ? REFUSED_PAUSE : LONGEST_PAUSE);
    open();
  }

  function heard(): void {
    expected = 0;
    isWarned = false;
    pause = FIRST_PAUSE;
    replacement = FIRST_REPLACEMENT;
  }

  function replace(): void {
    if (!isWarned && !isRefused(driver.listen))
      warn(failure === undefined ? noMessages(key) : noListener(key, failure));
    isWarned = true;
    expected = 0;
    if (now() < replaceAt) return;
    replaceAt = now() + replacement;
    replacement = Math.min(replacement * 2, LONGEST_REPLACEMENT);
    void hangUp();
    open();
  }

  async function hangUp(): Promise<void> {
    const close = closeOpened;
    attempt?.abort();
    attempt = undefined;
    closeOpened = undefined;
    await close?.().catch(() => {});
  }

  return {
    wanted(by) {
      key = by;
      isWanted = true;
      idleAt = Number.POSITIVE_INFINITY;
      open();
    },

    unwanted() {
      isWanted = false;
      if (closeOpened) idleAt = now() + IDLE;
      else if (failure === undefined) idleAt = now() + IDLE_ATTEMPT;
      else void hangUp();
      alarm.by(idleAt);
    },

    expected() {
      const isOverdue = expected > 0 && now() - expectedSince > OVERDUE;
      if (expected++ === 0) expectedSince = now();
      // After a stall of the event loop the messages may be there, and not be read yet.
      if (isOverdue) void written().then(() => expected >= DEAF && replace());
    },

    get isWanted() {
      return isWanted || attempt !== undefined;
    },

    async close() {
      isClosed = true;
      alarm.off();
      await hangUp();
    },
  };
}
