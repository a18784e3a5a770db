// Tested by packages/core/test/in-process.test.ts
import { now } from "../driver/lease";

/** A value that ends by itself, like a key with a ttl in Redis. */
export interface Expiring<T> {
  readonly value: T;
  until: number;
}

export const expiring = <T>(value: T, ttl: number): Expiring<T> => ({ value, until: now() + ttl });

/** Returns the value until its time is over. */
export const live = <T>(one: Expiring<T> | undefined): T | undefined =>
  one !== undefined && one.until > now() ? one.value : undefined;

/** The ms that are left, as whole ms, 0 if the time is over. */
export const left = (one: Expiring<unknown> | undefined): number =>
  one === undefined ? 0 : Math.max(Math.ceil(one.until - now()), 0);

/** Never makes the time shorter. */
export function prolong(one: Expiring<unknown> | undefined, ttl: number): void {
  if (one !== undefined && one.until > now()) one.until = Math.max(one.until, now() + ttl);
}
