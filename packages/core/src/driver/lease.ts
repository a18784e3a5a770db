// Tested by packages/core/test/hold.test.ts
import { clock } from "./clock";

/** The clock of every lease. It is monotonic: neither NTP nor an operator sets it. */
export const now = (): number => clock.now();

/**
 * The end of a lease that does not count: 2 ms for Redis's rounding, and 1 % for clocks that run at different speeds (the
 * drift factor of the Redlock page, https://redis.io/docs/latest/develop/use/patterns/distributed-locks/).
 */
const margin = (ttl: number): number => 2 + ttl * 0.01;

/** Returns until when a lease is guaranteed to last, if a request that was sent at `sent` got it. */
export const leaseEnd = (sent: number, ttl: number): number => sent + ttl - margin(ttl);

/** The shortest lease that is longer than its margin, in ms. */
export const MIN_TTL = 3;
