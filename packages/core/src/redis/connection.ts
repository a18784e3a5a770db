/** A connection of our own to wherever a key is, for what would keep the caller's commands waiting. It keeps no process alive. */
export interface Replication {
  /** What is the same for keys whose primary is the same, as far as is known: they share a connection. */
  primaryOf(key: string): string;
  /**
   * Runs a script for each call and, behind them on the same connection, `WAIT replicas ms`; gives the replies of all and of
   * `WAIT`. The keys share a primary, those of a call a slot, and are as `eval` gets them. Nothing is ever sent again: on
   * another connection `WAIT` could count what it should not. Rejects when a script failed, and when there is no answer soon
   * after `ms`.
   */
  evalAndWait(
    script: string,
    calls: readonly { readonly keys: readonly string[]; readonly args: readonly string[] }[],
    replicas: number,
    ms: number,
  ): Promise<readonly [replies: readonly unknown[], acknowledged: unknown]>;
  close(): void;
}

/** Reads lists by a plain `LRANGE`, which costs the server a tenth of what a script costs. Indexes are those of Redis. */
export interface ListReader {
  /** Sends nothing but `LRANGE`. A client that reads from replicas may ask one of them. */
  lrange(key: string, first: number, last: number): Promise<unknown>;
  /**
   * Runs a script, by its SHA-1 or whole, and reads the list at its first key, in one transaction on the primary: nothing
   * comes in between. Returns both replies. Rejects with the error of the first that failed.
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
 * All that differs between Redis clients. Keys are sent as given; the client may put its `keyPrefix` before them.
 * A method rejects with the client's own error, and with `closedClientError()` while the client says that it is closed; replies
 * may use the client's types (numbers or strings or buffers).
 */
export interface RedisConnection {
  /** What the client puts before every key, `""` for nothing. */
  readonly keyPrefix: string;
  /** True if keys live on several nodes, so that one script may use only keys of one hash slot. */
  readonly cluster: boolean;
  evalSha(sha1: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  eval(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /**
   * Listens to a channel on a connection of its own, which keeps no process alive; resolves, once it listens, with what closes
   * the connection. `onEnd` is called when the connection is lost: it is not made again. Rejects with the client's error if it
   * can't listen, and when `signal` aborts before it does. Absent where the client can't listen.
   */
  readonly subscribe?:
    | ((
        channel: string,
        onMessage: (message: string) => void,
        onEnd: () => void,
        signal: AbortSignal,
      ) => Promise<() => Promise<void>>)
    | undefined;
  /** Nothing is opened before it is needed. Absent where the client can't be followed to one server. */
  readonly openReplication?: (() => Replication) | undefined;
  /** Absent where the client serves locks only. */
  readonly lists?: ListReader | undefined;
}

/** A wait ends soon with this error, though the client may be opened again. `advice` says how. */
export const closedClientError = (advice?: string): Error =>
  Object.assign(new Error(`the client is closed, or was never connected${advice ? `: ${advice}` : ""}`), {
    name: "ClosedClientError",
  });

/** Throws `TypeError` for what is no connection, such as a client. */
export function assertConnection(connection: RedisConnection): void {
  if (typeof connection?.evalSha === "function" && typeof connection.keyPrefix === "string") return;
  throw new TypeError(
    "redisDriver needs a connection, such as ioredisConnection(client) or nodeRedisConnection(client); of a client, ioredisDriver(client) and nodeRedisDriver(client) make a driver",
  );
}
