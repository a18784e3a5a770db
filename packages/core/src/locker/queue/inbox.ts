// Tested by packages/core/test/lock-object.test.ts, test/waiting/deaf-listener.test.ts, test/waiting/lost-message.test.ts
import { isLasting, noListener, noMessages } from "../../driver/backend-error";
import { isRefused, messageArrived } from "../../driver/channel-warning";
import type { DriverQueue, Listener } from "../../driver/driver-queue";
import { now } from "../../driver/lease";
import { warn } from "../../driver/observe/facts";
import { background } from "../../driver/observe/through";
import { createAlarm } from "../alarm";
import { createMessageWatch } from "./message-watch";

/** Where the messages for a locker arrive. It is open while the locker has waiters or long holds, and for a while after. */
interface Inbox {
  /** Somebody waits for this key, or holds it for long. */
  wanted(key: string): void;
  /** Nobody does any more. */
  unwanted(): void;
  /** A heartbeat found a grant: its message is late, lost, or can't be received. */
  foundGrant(): void;
  /** Whether it is open, or will be as soon as it can. */
  readonly isWanted: boolean;
  close(): Promise<void>;
}

interface InboxEvents {
  granted(token: string, fence: number, claim: number): void;
  forcedOut(token: string, reason: string | undefined): void;
  /** Messages arrive from now on; earlier ones may have been lost. */
  opened(): void;
}

/**
 * How long it stays open without a waiter, in ms; and how long an attempt to open it goes on then, if it has not failed
 * yet.
 */
export const IDLE = 10_000;
const IDLE_ATTEMPT = 250;

/** Between two attempts to open it, in ms: at first, while the server is away, and while it refuses. */
const FIRST_REOPENING = 50;
export const LONGEST_REOPENING = 1_000;
const REFUSED_REOPENING = 10_000;

/**
 * Keeps one listener open while the locker has waiters. A driver's listener that ended does not come back by itself;
 * and one whose connection was forgotten on the way does not even end, so a listener that misses messages of grants is replaced.
 */
export function createInbox(queue: DriverQueue, name: string, { granted, forcedOut, opened }: InboxEvents): Inbox {
  /** The key that it was last wanted for, for warnings. */
  let key = "";
  let isWanted = false;
  let isClosed = false;
  /** The listener that is open or being opened. */
  let current: AbortController | undefined;
  /** Closes it, once it is open. */
  let closeCurrent: (() => Promise<void>) | undefined;
  let idleAt = Infinity;
  let openAt = 0;
  let pause = FIRST_REOPENING;
  let failure: unknown;
  const alarm = createAlarm(onTime, false);

  const watch = createMessageWatch({
    deaf() {
      if (!isRefused(queue)) warn(failure === undefined ? noMessages(key) : noListener(key, failure));
    },
    replace() {
      void closeListener();
      open();
    },
  });

  function onTime(): void {
    if (idleAt <= now()) {
      idleAt = Infinity;
      void closeListener();
    }
    open();
  }

  function open(): void {
    alarm.by(idleAt);
    if (current || isClosed || !isWanted) return;
    if (now() < openAt) alarm.by(openAt);
    // The commands belong to all waiters, and not to the call that waits first.
    else background(openListener);
  }

  function openListener(): void {
    const own = new AbortController();
    current = own;
    const isCurrent = () => current === own;
    const listener: Listener = {
      granted(...grant) {
        received();
        granted(...grant);
      },
      forcedOut(...holder) {
        received();
        forcedOut(...holder);
      },
      ended() {
        if (isCurrent()) openAgain(undefined);
      },
    };
    const listening = async () => queue.listen(name, listener, own.signal);
    listening().then(
      (close) => {
        if (isCurrent()) onOpened(close);
        else close().catch(() => {});
      },
      (error: unknown) => {
        if (isCurrent()) openAgain(error);
      },
    );
  }

  function onOpened(close: () => Promise<void>): void {
    closeCurrent = close;
    failure = undefined;
    watch.restart();
    opened();
  }

  function received(): void {
    pause = FIRST_REOPENING;
    messageArrived(queue);
    watch.received();
  }

  function openAgain(error: unknown): void {
    current = undefined;
    closeCurrent = undefined;
    failure = error;
    openAt = now() + pause;
    pause = Math.min(pause * 2, isLasting(error) ? REFUSED_REOPENING : LONGEST_REOPENING);
    open();
  }

  async function closeListener(): Promise<void> {
    const close = closeCurrent;
    current?.abort();
    current = undefined;
    closeCurrent = undefined;
    if (close) await background(close).catch(() => {});
  }

  return {
    wanted(by) {
      key = by;
      isWanted = true;
      idleAt = Infinity;
      open();
    },

    unwanted() {
      isWanted = false;
      if (closeCurrent) idleAt = now() + IDLE;
      else if (failure === undefined) idleAt = now() + IDLE_ATTEMPT;
      else void closeListener();
      alarm.by(idleAt);
    },

    foundGrant: watch.foundGrant,

    get isWanted() {
      return isWanted || current !== undefined;
    },

    async close() {
      isClosed = true;
      alarm.off();
      await closeListener();
    },
  };
}
