// Tested by packages/testing/test/contract.test.ts, packages/core/test/in-process.test.ts
// The readable reference of the protocol. Each method does to a LockState what the script of its name in packages/core/lua does
// to Redis; test/model/agreement.test.ts compares the two by random command sequences.
import { clock } from "../driver/clock";
import type { AcquireAllReply, AcquireReply, AcquireRequest, Driver, Listener } from "../driver/driver";
import { type DriverOptions, resolveFenceTtl } from "../driver/driver-options";
import { CLAIM } from "../driver/times";
import { expiring, left, live, prolong } from "./expiring";
import { createLockStates, fenceOf, floorOf, free, holderOf, isDead, type LockState, refuse } from "./lock-state";
import { micros } from "./micros";
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
  const fenceTtl = resolveFenceTtl(options);
  const stateOf = createLockStates(states);

  /** As a message does, it comes later than the reply that caused it. */
  function publish(token: string, message: (listener: Listener) => void): void {
    clock.immediate(() => {
      const listener = inboxes.get(inboxOf(token));
      if (listener) message(listener);
    });
  }

  /** Returns the fence of a new grant. It is above the last fence, and above all forgotten ones. */
  function mint(state: LockState, ttl: number): number {
    const fence = Math.max(fenceOf(state) + 1, micros());
    state.fence = expiring(fence, Math.max(ttl, fenceTtl));
    return fence;
  }

  function grant(state: LockState, token: string, ttl: number): number {
    state.lease = expiring(token, ttl);
    return mint(state, ttl);
  }

  /** Hands a free lock over to the first waiter that is alive. */
  function handOver(state: LockState): void {
    if (holderOf(state) !== undefined) return;
    const token = state.queue.takeFirstAlive();
    if (token === undefined) return;
    const fence = grant(state, token, CLAIM);
    publish(token, (listener) => listener.granted(token, fence, CLAIM));
  }

  /** Makes the holder's lease longer, never shorter. */
  function extend(state: LockState, ttl: number): void {
    prolong(state.lease, ttl);
    prolong(state.fence, Math.max(ttl, fenceTtl));
  }

  /** Returns the present holder's fence again, for a request that was repeated. */
  function confirm(state: LockState, ttl: number): number {
    if (left(state.lease) < ttl) extend(state, ttl);
    return fenceOf(state) || mint(state, ttl);
  }

  function acquire({ key, token, ttl, ticket }: AcquireRequest): AcquireReply {
    const state = stateOf(key);
    if (isDead(state, token)) return { status: "dead" };
    handOver(state); // a newcomer does not overtake
    const holder = holderOf(state);
    if (holder === undefined) return { status: "granted", fence: grant(state, token, ttl) };
    if (holder === token) return { status: "granted", fence: confirm(state, ttl) };
    const remaining = left(state.lease);
    if (ticket === undefined) return { status: "held", remaining };
    const place = state.queue.enter(token, ticket);
    state.queue.showLife(inboxOf(token));
    return { status: "queued", remaining, ticket: place, floor: floorOf(state), head: state.queue.head === token };
  }

  /** The reply for the first key that another token holds, if there is one. Takes nothing. */
  function obstacle(keys: readonly string[], token: string): AcquireAllReply | undefined {
    for (const key of keys) {
      const state = stateOf(key);
      handOver(state);
      const holder = holderOf(state);
      if (holder !== undefined && holder !== token) return { status: "held", key, remaining: left(state.lease) };
    }
    return undefined;
  }

  return {
    acquire: async (request) => acquire(request),

    async acquireAll({ keys, token, ttl, place }) {
      const held = place ? undefined : obstacle(keys, token);
      if (held) return held;
      const fences: number[] = [];
      for (const key of keys) {
        const ticket = place && (place.key === key ? place.ticket : 0);
        const reply = acquire({ key, token, ttl, ticket });
        if (reply.status !== "granted") return { ...reply, key };
        fences.push(reply.fence);
      }
      return { status: "granted", fences };
    },

    async extend({ key, token, ttl }) {
      const state = stateOf(key);
      if (holderOf(state) !== token) return "lost";
      extend(state, ttl);
      return "held";
    },

    async release({ key, token, undo }) {
      const state = stateOf(key);
      if (holderOf(state) === token) free(state, token);
      else state.queue.delete(token);
      if (undo) refuse(state, token);
      handOver(state);
      const released = live(state.released);
      return released?.token === token && !released.byForce ? "released" : "lost";
    },

    async heartbeat({ key, inbox, tokens }) {
      const state = stateOf(key);
      const { queue } = state;
      if (queue.size > 0) {
        queue.showLife(inbox);
        handOver(state);
      }
      const holder = holderOf(state);
      const remaining = left(state.lease);
      if (holder !== undefined && tokens.includes(holder)) prolong(state.lease, CLAIM);
      return {
        remaining,
        fence: fenceOf(state),
        floor: floorOf(state),
        head: queue.head !== undefined && inboxOf(queue.head) === inbox,
        states: tokens.map((token) => (holder === token ? "granted" : queue.has(token) ? "queued" : "missing")),
      };
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
      return { held: token !== null, remaining: left(state.lease), fence: fenceOf(state), waiting, token };
    },

    async forceRelease(key) {
      const state = stateOf(key);
      const holder = holderOf(state);
      if (holder === undefined) return false;
      free(state, holder, true);
      publish(holder, (listener) => listener.forcedOut(holder));
      handOver(state);
      return true;
    },

    async listen(inbox, listener) {
      inboxes.set(inbox, listener);
      return async () => {
        inboxes.delete(inbox);
      };
    },
  };
}
