import type { ScriptInput } from "./client";

/*
 * The parts of `redis` that this package uses beyond `NodeRedisClient`. redis 4.6 to 6.3 have them, where a comment does not
 * say otherwise; `_execute`, `_keyPrefix`, `slots`, `masters` and `nodeClient` are not documented.
 */

/** A connection that this package has made. */
export interface Connection {
  connect(): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
  unref(): void;
  subscribe(channel: string, listener: (message: unknown) => void): Promise<unknown>;
  eval(script: string, input: ScriptInput): Promise<unknown>;
  sendCommand(args: readonly string[]): Promise<unknown>;
  /** redis 5 and later. */
  destroy?(): unknown;
  disconnect(): Promise<unknown>;
}

/** A client of one connection. */
export interface SingleClient {
  readonly options?: {
    readonly socket?: { readonly socketTimeout?: number };
    readonly pingInterval?: number;
  };
  duplicate(overrides: {
    readonly socket: object;
    readonly pingInterval?: number | undefined;
    readonly keyPrefix?: undefined;
  }): Connection;
}

/** Any client of `redis`. Each kind and version has only some of these members. */
export interface AnyNodeRedisClient {
  readonly isOpen?: boolean;
  readonly evalSha?: unknown;
  readonly connect?: unknown;
  readonly unref?: unknown;
  readonly options?: { readonly legacyMode?: boolean; readonly socket?: object };
  readonly _keyPrefix?: string | Uint8Array;
  readonly duplicate?: unknown;
  /** A pool. */
  execute?<T>(task: (client: SingleClient) => T): Promise<T>;
  /** A Sentinel client. */
  _execute?<T>(isReadonly: boolean, task: (client: SingleClient) => T): Promise<T>;
  /** A Cluster, like the next three. */
  readonly slots?: readonly ({ readonly master: { readonly address: string } } | undefined)[];
  readonly masters?: readonly { readonly client?: { readonly isReady?: boolean } }[];
  nodeClient?(node: unknown): SingleClient | Promise<SingleClient>;
  sendCommand?(firstKey: string | undefined, isReadonly: boolean, args: readonly string[]): Promise<unknown>;
  /** redis 5 and later. */
  destroy?(): unknown;
  on?(event: string, listener: (event: unknown) => void): unknown;
  off?(event: string, listener: (event: unknown) => void): unknown;
}

export const isSingle = (client: AnyNodeRedisClient): client is AnyNodeRedisClient & SingleClient =>
  typeof client.unref === "function" && typeof client.duplicate === "function";
