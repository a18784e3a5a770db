// Tested by packages/core/test/hold.test.ts
/** The clock of every lease: monotonic, not stepped by NTP or an operator. */
export const now = (): number => performance.now();

/**
 * What is not counted on at the end of a lease: 2 ms for Redis's rounding, and 1 % for clocks that run at different
 * speeds (the drift factor of the Redlock page, https://redis.io/docs/latest/develop/use/patterns/distributed-locks/).
 */
const margin = (ttl: number): number => 2 + ttl * 0.01;

/** Until when a lease surely lasts that Redis gave in answer to a request sent at `sent`. */
export const leaseEnd = (sent: number, ttl: number): number => sent + ttl - margin(ttl);

/** The shortest lease of which anything is left after the margin, in ms. */
export const MIN_TTL = 3;
