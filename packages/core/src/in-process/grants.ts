// Tested by packages/testing/test/contract.test.ts, packages/core/test/in-process.test.ts
import { expiring, left, prolong } from "./expiring";
import { fenceOf, type LockState } from "./lock-state";
import { micros } from "./micros";

/** Leases and their fences: lua/lib/fence.lua and lua/lib/confirm.lua in Redis. `fenceTtl`: how long a fence is remembered at least. */
export function createGrants(fenceTtl: number) {
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

  return { grant, extend, confirm };
}
