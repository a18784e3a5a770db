import { leaseEnd } from "../../driver/lease";

/*
 * When to extend a lease, as functions of numbers. Times are in ms on the clock of `now()`; `Infinity` is never.
 */

/**
 * Parts of a ttl: an extension is due after a third, at a multiple of a thirtieth so that many locks share a command.
 */
export const EXTEND_AFTER = 1 / 3;
export const GRID = 1 / 30;
/** A part of a ttl: after a failure the extension is sent again so soon, within these bounds. */
export const RETRY_AFTER = 1 / 12;
const SHORTEST_RETRY = 10;
const LONGEST_RETRY = 1_000;

/** The terms of a lock, as its options set them. */
export interface LeaseTerms {
  readonly ttl: number;
  readonly autoExtend: boolean;
  /** No automatic extension makes the lease end later than that. */
  readonly maxHoldAt: number;
}

interface Extension {
  /** The ttl to ask for, or 0 to ask for nothing. */
  readonly ttl: number;
  /** When to look again, unless a reply changes it. */
  readonly nextAt: number;
}

/** When to extend a lease that lasts a ttl from `from` on. */
export function extensionDue({ ttl, autoExtend }: LeaseTerms, from: number): number {
  if (!autoExtend) return Infinity;
  const step = ttl * GRID;
  return Math.ceil((from + ttl * EXTEND_AFTER) / step) * step;
}

/** What to ask for at `time`: nothing if the lease is long enough already, or is to run out. */
export function planExtension(terms: LeaseTerms, time: number, deadline: number): Extension {
  const ttl = Math.min(terms.ttl, Math.floor(terms.maxHoldAt - time));
  if (leaseEnd(time, ttl) > deadline) return { ttl, nextAt: time + Math.min(terms.ttl * EXTEND_AFTER, LONGEST_RETRY) };
  return { ttl: 0, nextAt: ttl === terms.ttl ? extensionDue(terms, deadline - ttl) : Infinity };
}

/** When to send an extension again that failed at `time`. */
export function retryDue({ ttl }: LeaseTerms, time: number): number {
  return time + Math.min(Math.max(ttl * RETRY_AFTER, SHORTEST_RETRY), LONGEST_RETRY);
}
