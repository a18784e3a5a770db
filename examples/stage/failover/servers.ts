/** What was done to a primary. */
export interface Failover {
  /** The server that was killed. */
  readonly killed: string;
  /** Resolves with the server that has taken over, as soon as the others say so. */
  readonly replaced: Promise<string>;
}

/** The servers to play on. Leaving its `await using` block ends those that were started. */
export interface Stage<Address> extends AsyncDisposable {
  /** Where clients find them. */
  readonly address: Address;
  /** The same in words, without a password. */
  readonly place: string;
  /** `kill -9` of the primary that has the key. Not on the caller's own servers. */
  readonly killPrimaryOf?: (key: string) => Promise<Failover>;
  /** What to type to fail the caller's own primary over. */
  readonly advice?: string;
}
