/** The bounds of a list; 0 for no bound. */
export interface ListLimits {
  /** How long it is kept after the last write, in ms. */
  readonly ttl: number;
  /** How many texts are kept. */
  readonly maxItems: number;
  /** How many bytes the texts may have in all, as UTF-8. */
  readonly maxBytes: number;
  /** How many turns are kept. */
  readonly maxTurns: number;
}

/** Where a list is: at `<key>:<name>`, and the record of its writes at `<key>:<name>:writes`. */
export interface ListPlace {
  /** The key of the session's lock. */
  readonly key: string;
  /** The name of the texts, such as `messages`. */
  readonly name: string;
}
