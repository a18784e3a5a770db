// Tested by test/locking/outage.test.ts, test/locking/wrong-clients.test.ts
/** Connections to the primaries of keys, for commands that block (`WAIT`). They do not keep the process running. */
export interface Replication {
  /** Names the primary of a key, as far as it is known. Keys with the same primary share a connection. */
  primaryOf(key: string): string;
  /**
   * Runs a script for each call and, behind them on the same connection, `WAIT replicas ms`. Returns the replies of the calls
   * and of `WAIT`. All keys share a primary, the keys of one call share a slot, and they are as `eval` gets them. Nothing is
   * ever sent again: on another connection `WAIT` could count what it should not. Rejects when a script failed, and when
   * there is no reply soon after `ms`.
   */
  evalAndWait(
    script: string,
    calls: readonly { readonly keys: readonly string[]; readonly args: readonly string[] }[],
    replicas: number,
    ms: number,
  ): Promise<readonly [replies: readonly unknown[], acknowledged: unknown]>;
  close(): void;
}

/** Reads lists by a plain `LRANGE`, which costs the server a tenth of a script. Indexes are as in Redis. */
export interface ListReader {
  /** Sends only `LRANGE`. A client that reads from replicas may send it to one of them. */
  lrange(key: string, first: number, last: number): Promise<unknown>;
  /**
   * Runs a script, by its SHA-1 or whole, and reads the list at its first key, in one transaction on the primary: no other
   * command comes in between. Returns both replies. Rejects with the error of the first command that failed.
   */
  lrangeAfter(
    how: "evalSha" | "eval",
    script: string,
    keys: readonly string[],
    args: readonly string[],
    first: number,
    last: number,
  ): Promise<readonly [reply: unknown, texts: unknown]>;
}

/**
 * Everything that differs between Redis clients. Keys are sent as given; the client may put its `keyPrefix` in front of them.
 * A method rejects with the client's own error, and with `closedClientError()` while the client says that it is closed.
 * Replies may have the client's types (numbers, strings or buffers).
 */
export interface RedisConnection {
  /** The text that the client puts in front of every key, `""` for none. */
  readonly keyPrefix: string;
  /** True if keys live on several nodes, so that the keys of one script must share a hash slot. */
  readonly cluster: boolean;
  evalSha(sha1: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  eval(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /**
   * Listens to a channel on a connection of its own, which does not keep the process running. Resolves, once it listens, with
   * a function that closes the connection. `onEnd` is called when the connection is lost: it is not opened again. Rejects with
   * the client's error if it can't listen, and when `signal` aborts before it does. Absent where the client can't listen.
   */
  readonly subscribe?:
    | ((
        channel: string,
        onMessage: (message: string) => void,
        onEnd: () => void,
        signal: AbortSignal,
      ) => Promise<() => Promise<void>>)
    | undefined;
  /** Opens no connection before it is needed. Absent where the client can't be followed to one server. */
  readonly openReplication?: (() => Replication) | undefined;
  /** Absent where the client serves locks only. */
  readonly lists?: ListReader | undefined;
}

/** A wait ends soon with this error, although the client may be opened again. `advice` says how to open it. */
export const closedClientError = (advice?: string): Error =>
  Object.assign(new Error(`the client is closed, or was never connected${advice ? `: ${advice}` : ""}`), {
    name: "ClosedClientError",
  });

/** Throws `TypeError` for a value that is not a connection, such as a client. */
export function assertConnection(connection: RedisConnection): void {
  if (typeof connection?.evalSha === "function" && typeof connection.keyPrefix === "string") return;
  throw new TypeError(
    "redisDriver needs a connection, such as ioredisConnection(client) or nodeRedisConnection(client); if you have a client, use ioredisDriver(client) or nodeRedisDriver(client)",
  );
}
