// Tested by packages/testing/test/contract.test.ts, packages/core/test/in-process.test.ts
// The readable reference of the protocol. Each method does to a LockState what the script of its name in packages/core/lua does
// to Redis; test/model/agreement.test.ts compares the two by random command sequences.
import { clock } from "../driver/clock";
import { type AcquireReply, type AcquireRequest, type Driver, NAMED_WAITERS, type Place } from "../driver/driver";
import { type DriverOptions, resolveFenceTtl } from "../driver/driver-options";
import type { DriverQueue, Listener } from "../driver/driver-queue";
import { partyOf } from "../driver/party";
import { CLAIM, TOMBSTONE } from "../driver/times";
import { left, live, prolong } from "./expiring";
import { createGrants } from "./grants";
import {
  createLockStates,
  fenceOf,
  floorOf,
  forcedOut,
  free,
  holderOf,
  isDead,
  type LockState,
  refuse,
  seenHolder,
} from "./lock-state";
import { inboxOf } from "./wait-queue";

/**
 * Locks kept in this process, with the semantics of the scripts: for tests, and for programs of one process. Lockers
 * exclude each other if they share one driver. Throws `TypeError` or `RangeError` for bad options.
 */
export const inProcessDriver = (options?: DriverOptions): Driver =>
  driverOf({ states: new Map(), inboxes: new Map() }, options);

/** What the driver keeps. A simulated server loses it in a restart, and has an older copy of it after a failover. */
export interface Memory {
  readonly states: Map<string, LockState>;
  readonly inboxes: Map<string, Listener>;
}

/** The driver of `inProcessDriver` that keeps everything in `memory`. */
export function driverOf({ states, inboxes }: Memory, options?: DriverOptions): Driver {
  const { grant, extend, confirm } = createGrants(resolveFenceTtl(options));
  const stateOf = createLockStates(states);

  /** As a message does, it comes later than the reply that caused it. */
  function publish(token: string, message: (listener: Listener) => void): void {
    clock.immediate(() => {
      const listener = inboxes.get(inboxOf(token));
      if (listener) message(listener);
    });
  }

  /** Hands a free lock over to the first waiter that is alive. */
  function handOver(state: LockState): void {
    if (holderOf(state) !== undefined) return;
    const token = state.queue.takeFirstAlive();
    if (token === undefined) return;
    const fence = grant(state, token, CLAIM);
    publish(token, (listener) => listener.granted(token, fence, CLAIM));
  }

  /** Returns the fence of the grant, or the reply that there is none. */
  function acquireOne(key: string, token: string, ttl: number, place: Place | undefined): number | AcquireReply {
    const state = stateOf(key);
    if (isDead(state, token)) return { status: "dead", key };
    handOver(state); // a newcomer does not overtake
    const holder = holderOf(state);
    if (holder === undefined) return grant(state, token, ttl);
    if (holder === token) return confirm(state, ttl);
    const remaining = left(state.lease);
    const { queue } = state;
    if (place === undefined) return { status: "held", key, remaining, ahead: queue.size, ...seenHolder(state) };
    const ticket = queue.enter(token, place.key === key ? place.ticket : 0);
    queue.showLife(inboxOf(token));
    queue.keepFor(left(state.released));
    const ahead = queue.ahead(token)!;
    return {
      status: "queued",
      key,
      remaining,
      ticket,
      floor: floorOf(state),
      head: ahead === 0,
      ahead,
      ...seenHolder(state),
    };
  }

  /** Returns the reply for the first key that another token holds, if there is one. Takes nothing. */
  function obstacle(keys: readonly string[], token: string): AcquireReply | undefined {
    for (const key of keys) {
      const state = stateOf(key);
      handOver(state);
      const holder = holderOf(state);
      if (holder === undefined || holder === token) continue;
      return { status: "held", key, remaining: left(state.lease), ahead: state.queue.size, ...seenHolder(state) };
    }
    return undefined;
  }

  function acquire({ keys, token, ttl, place }: AcquireRequest): AcquireReply {
    const isAllOrNone = keys.length > 1 && place === undefined;
    const held = isAllOrNone ? obstacle(keys, token) : undefined;
    if (held) return held;
    const fences: number[] = [];
    for (const key of keys) {
      const reply = acquireOne(key, token, ttl, place);
      if (typeof reply !== "number") return reply;
      fences.push(reply);
    }
    return { status: "granted", fences };
  }

  const queue: DriverQueue = {
    async heartbeat({ key, inbox, tokens }) {
      const state = stateOf(key);
      const { queue: waiters } = state;
      if (waiters.size > 0) {
        waiters.showLife(inbox);
        handOver(state);
      }
      const holder = holderOf(state);
      const remaining = left(state.lease);
      if (holder !== undefined && tokens.includes(holder)) prolong(state.lease, CLAIM);
      return {
        remaining,
        fence: fenceOf(state),
        floor: floorOf(state),
        head: waiters.head !== undefined && inboxOf(waiters.head) === inbox,
        states: tokens.map((token) => (holder === token ? "granted" : waiters.has(token) ? "queued" : "missing")),
        ahead: tokens.map((token) => waiters.ahead(token) ?? 0),
        ...seenHolder(state),
      };
    },

    async listen(inbox, listener) {
      inboxes.set(inbox, listener);
      return async () => {
        inboxes.delete(inbox);
      };
    },
  };

  return {
    acquire: async (request) => acquire(request),

    async extend({ key, token, ttl }) {
      const state = stateOf(key);
      if (holderOf(state) !== token) return forcedOut(state, token) ?? "lost";
      extend(state, ttl);
      return "held";
    },

    async release({ key, token, tombstone }) {
      const state = stateOf(key);
      const forced = forcedOut(state, token);
      if (holderOf(state) === token) free(state, token);
      else state.queue.delete(token);
      if (tombstone) refuse(state, token, TOMBSTONE);
      handOver(state);
      return live(state.released) === token ? "released" : (forced ?? "lost");
    },

    async transfer({ key, from, to, ttl }) {
      const state = stateOf(key);
      const holder = holderOf(state);
      if (holder === to) return { status: "granted", fence: confirm(state, ttl) };
      if (holder !== from) {
        handOver(state);
        return { status: "lost" };
      }
      if (isDead(state, to)) return { status: "dead" };
      free(state, from);
      state.queue.delete(to);
      return { status: "granted", fence: grant(state, to, ttl) };
    },

    async inspect(key) {
      const state = stateOf(key);
      const token = holderOf(state) ?? null;
      const { size: waiting } = state.queue;
      const waiters = state.queue.first(NAMED_WAITERS);
      return { held: token !== null, remaining: left(state.lease), fence: fenceOf(state), waiting, token, waiters };
    },

    async forceRelease({ key, fence, reason }) {
      const state = stateOf(key);
      const holder = holderOf(state);
      if (holder === undefined) return false;
      const isMeant = partyOf(holder, fenceOf(state)).since !== undefined && fence === fenceOf(state);
      if (fence !== undefined && !isMeant) return false;
      refuse(state, holder, left(state.lease));
      if (reason) state.reasons.set(holder, reason);
      state.lease = undefined;
      publish(holder, (listener) => listener.forcedOut(holder, reason || undefined));
      handOver(state);
      return true;
    },

    queue,
  };
}
