/** What `acquireLock` got from the server. */
export interface Grant {
  readonly token: string;
  /** One per key. */
  readonly fences: readonly number[];
  /** When the lease ends, on the clock of `now()`. */
  readonly deadline: number;
  /** Whether the lease is only the claim of a hand-over, to be extended to the ttl at once. */
  readonly claimed: boolean;
  /** The request that was under way when a message granted the lock: its reply may vouch for a longer lease. */
  readonly overtaken?: { readonly sent: number; readonly reply: Promise<{ readonly status: string }> } | undefined;
  /** Whether another acquire of this token may still arrive: a release must leave a tombstone, which refuses it. */
  readonly outcomeUnknown: boolean;
  /** Whether the token was in a queue. */
  readonly queued: boolean;
}
