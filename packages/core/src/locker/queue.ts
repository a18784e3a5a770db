import type { Driver } from "../driver/driver";
import { createGone } from "./gone";
import { createHeartbeats } from "./heartbeats";
import { createInbox } from "./inbox";
import type { Undo } from "./undo";
import { type Queued, type Told, Waiter } from "./waiter";

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

/**
 * Keeps a locker's waiters alive in their queues, and hands them what comes for them: by message at once, by heartbeat
 * when a message was lost, at the end of the holder's lease when the holder is gone.
 */
export function createQueue(driver: Driver, name: string, undo: Undo, forcedOut: (token: string) => void): Queue {
  const waiters = new Map<string, Waiter>();
  const gone = createGone(undo);
  const inbox = createInbox(driver, name, {
    granted(token, fence, claim) {
      gone.granted(token, fence);
      waiters.get(token)?.granted(fence, claim);
    },
    forcedOut,
    opened: () => heartbeats.checkAll(),
  });
  const heartbeats = createHeartbeats(driver, name, inbox.expected);

  return {
    enter(token, wait) {
      const waiter = new Waiter(token, wait);
      waiters.set(token, waiter);
      return waiter;
    },

    queued(waiter, key, sent, reply) {
      heartbeats.add(waiter, key, sent, reply);
      inbox.wanted(key);
    },

    leave(waiter) {
      waiters.delete(waiter.token);
      const waited = !heartbeats.isEmpty;
      heartbeats.delete(waiter);
      if (waited && heartbeats.isEmpty) inbox.unwanted();
    },

    gone(key, token, fence) {
      if (inbox.isWanted) gone.add(key, token, fence);
    },

    async close() {
      heartbeats.stop();
      gone.clear();
      await inbox.close();
    },
  };
}
