// Tested by packages/testing/test/contract.test.ts, packages/core/test/in-process.test.ts
import type { ForcedOut, SeenHolder } from "../driver/driver";
import { now } from "../driver/lease";
import { partyOf } from "../driver/party";
import { type Expiring, expiring, left, live } from "./expiring";
import { micros } from "./micros";
import { createWaitQueue, type WaitQueue } from "./wait-queue";

/** Everything that is kept of one key. In Redis each part is a key of its own, see `lua/lib/keys.lua`. */
export interface LockState {
  /** The holder's token, for the length of its lease. */
  lease: Expiring<string> | undefined;
  /** The last fence. */
  fence: Expiring<number> | undefined;
  readonly queue: WaitQueue;
  /** The token that was released or transferred away last, for what was left of its lease. */
  released: Expiring<string> | undefined;
  /** Until when tokens that were given up or forced out are refused. */
  readonly tombstones: Map<string, number>;
  /** Why tokens were forced out, as long as their tombstones last. */
  readonly reasons: Map<string, string>;
}

const emptyState = (): LockState => ({
  lease: undefined,
  fence: undefined,
  queue: createWaitQueue(),
  released: undefined,
  tombstones: new Map(),
  reasons: new Map(),
});

export const holderOf = ({ lease }: LockState): string | undefined => live(lease);

/** The last fence, 0 if none is remembered. */
export const fenceOf = ({ fence }: LockState): number => live(fence) ?? 0;

/** Every later grant has a fence above this one. */
export const floorOf = (state: LockState): number => Math.max(fenceOf(state), micros());

/** The holder as others see it. */
export function seenHolder(state: LockState): SeenHolder {
  const fence = fenceOf(state);
  const holder = partyOf(holderOf(state) ?? "", fence);
  if (holder.since === undefined) return { holder };
  return { holder, age: Math.max(0, Math.floor((micros() - fence) / 1_000)) };
}

/** True if the token must not be granted any more. */
export const isDead = ({ tombstones, released }: LockState, token: string): boolean =>
  (tombstones.get(token) ?? 0) > now() || live(released) === token;

/** Why the token was forced out, if that is known. */
export function forcedOut({ tombstones, reasons }: LockState, token: string): ForcedOut | undefined {
  const reason = (tombstones.get(token) ?? 0) > now() ? reasons.get(token) : undefined;
  return reason === undefined ? undefined : { reason };
}

/** Frees a held lock. Its token is refused for the rest of the lease, so that a late copy of its acquire is refused. */
export function free(state: LockState, token: string): void {
  const rest = left(state.lease);
  state.released = expiring(token, rest);
  if (state.queue.lives) state.queue.keepFor(rest);
  state.lease = undefined;
}

/** Refuses a token for `ms` at least. An acquire of it may still be under way. */
export function refuse({ tombstones, reasons, queue, released }: LockState, token: string, ms: number): void {
  const rest = left(released);
  queue.keepFor(Math.max(ms, rest));
  for (const [other, until] of tombstones) {
    if (until > now()) break; // those behind it were buried later, nearly always
    tombstones.delete(other);
    reasons.delete(other);
  }
  const till = now() + (token === live(released) ? Math.max(ms, rest) : ms);
  if (till <= (tombstones.get(token) ?? 0)) return;
  tombstones.set(token, till);
  reasons.delete(token);
}

const isOver = ({ lease, fence, released, queue, tombstones }: LockState): boolean =>
  [lease, fence, released].every((one) => left(one) === 0) &&
  queue.size === 0 &&
  [...tombstones.values()].every((until) => until <= now());

/** How many states there are before the first search for states that are over. */
const SOME = 1_000;

/** Returns a function that finds the state of a key among these. It forgets what Redis would have let expire. */
export function createLockStates(states: Map<string, LockState>): (key: string) => LockState {
  let sweepAt = SOME;

  /** Once there are twice as many states as were left the last time. */
  function sweep(): void {
    if (states.size < sweepAt) return;
    for (const [key, state] of states) if (isOver(state)) states.delete(key);
    sweepAt = Math.max(SOME, 2 * states.size);
  }

  return (key) => {
    const known = states.get(key);
    if (known !== undefined) return known;
    sweep();
    const state = emptyState();
    states.set(key, state);
    return state;
  };
}
