// Tested by packages/core/test/heartbeats.test.ts, test/model/waiters.test.ts
import type { DriverQueue } from "../../driver/driver-queue";
import type { GiveUpToken } from "../give-up-token";
import type { LeaseMonitor } from "../hold/lease-monitor";
import { createHeartbeats } from "./heartbeats";
import { createInbox } from "./inbox";
import { PlaceReport } from "./place-report";
import { createRetiredTokens } from "./retired-tokens";
import { type Queued, Waiter, type WaiterMailbox } from "./waiter";

export interface Queue {
  /** Posts to the mailbox what happens to the token from now on. */
  enter(token: string, mailbox: WaiterMailbox): Waiter;
  /** A request that was sent at `sent` put the waiter, or found it, in the queue of this key. */
  queued(waiter: Waiter, key: string, sent: number, reply: Queued): void;
  leave(waiter: Waiter): void;
  /**
   * The token waited for the key, and no longer wants it. If it is granted again with a fence above this one, the grant
   * is released at once. `fence` is the fence of its lock, or 0 if it never had one.
   */
  retire(key: string, token: string, fence: number): void;
  /** Listens for messages about locks that are held, too, until `unlisten`. */
  listen(key: string): void;
  unlisten(): void;
  close(): Promise<void>;
}

/**
 * Keeps a locker's waiters alive in their queues, and notifies each one when it has the lock: by message at once, by heartbeat
 * if the message was lost, and at the end of the holder's lease if the holder died. `isHidden`: observers do not see its waiters.
 */
export function createQueue(
  ability: DriverQueue,
  name: string,
  giveUpToken: GiveUpToken,
  holds: Pick<LeaseMonitor, "forcedOut" | "checkAll">,
  isHidden: boolean,
): Queue {
  const waiters = new Map<string, Waiter>();
  const retired = createRetiredTokens(giveUpToken);
  const inbox = createInbox(ability, name, {
    granted(token, fence, claim) {
      retired.granted(token, fence);
      waiters.get(token)?.pushed(fence, claim);
    },
    forcedOut: holds.forcedOut,
    opened() {
      heartbeats.checkAll();
      holds.checkAll();
    },
  });
  const heartbeats = createHeartbeats(ability, name, inbox.foundGrant);
  let isForHolds = false;

  return {
    enter(token, mailbox) {
      const waiter = new Waiter(token, mailbox, new PlaceReport(isHidden));
      waiters.set(token, waiter);
      return waiter;
    },

    queued(waiter, key, sent, reply) {
      heartbeats.add(waiter, key, sent, reply);
      waiter.place.entered(key, reply);
      inbox.wanted(key);
    },

    leave(waiter) {
      waiters.delete(waiter.token);
      waiter.place.left("left");
      const hadWaiters = !heartbeats.isEmpty;
      heartbeats.delete(waiter);
      if (hadWaiters && heartbeats.isEmpty && !isForHolds) inbox.unwanted();
    },

    listen(key) {
      isForHolds = true;
      inbox.wanted(key);
    },

    unlisten() {
      isForHolds = false;
      if (heartbeats.isEmpty) inbox.unwanted();
    },

    retire(key, token, fence) {
      if (inbox.isWanted) retired.add(key, token, fence);
    },

    async close() {
      heartbeats.stop();
      retired.clear();
      await inbox.close();
    },
  };
}
