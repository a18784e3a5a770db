export interface ScriptInput {
  keys: string[];
  arguments: string[];
}

/**
 * The part of a node-redis client that a lock needs: `createClient`, `createCluster`, `createSentinel` or
 * `createClientPool`, of `redis` 4.6 or later.
 */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  evalSha(sha1: string, input: ScriptInput): Promise<unknown>;
  eval(script: string, input: ScriptInput): Promise<unknown>;
}

export interface Subscriber {
  connect(): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
  unref(): void;
  subscribe(channel: string, listener: (message: unknown) => void): Promise<unknown>;
  eval(script: string, input: ScriptInput): Promise<unknown>;
  sendCommand(args: readonly string[]): Promise<unknown>;
  /** 5 and later. */
  destroy?(): unknown;
  disconnect(): Promise<unknown>;
}

/** One connection, of which another one can be made. */
export interface Duplicable {
  readonly options?: {
    readonly socket?: { readonly socketTimeout?: number };
    readonly pingInterval?: number;
  };
  duplicate(overrides: {
    readonly socket: object;
    readonly pingInterval?: number | undefined;
    readonly keyPrefix?: undefined;
  }): Subscriber;
}

/** What only some kinds and versions have. */
export interface Extras {
  readonly isOpen?: boolean;
  readonly evalSha?: unknown;
  readonly evalsha?: unknown;
  readonly then?: unknown;
  readonly customCommand?: unknown;
  readonly connect?: unknown;
  readonly unref?: unknown;
  readonly options?: { readonly legacyMode?: boolean; readonly socket?: object };
  readonly _keyPrefix?: string | Uint8Array;
  readonly duplicate?: unknown;
  /** Of a pool. */
  execute?<T>(task: (client: Duplicable) => T): Promise<T>;
  /** Of a Sentinel. */
  _execute?<T>(isReadonly: boolean, task: (client: Duplicable) => T): Promise<T>;
  /** Of a Cluster. */
  readonly slots?: readonly ({ readonly master: { readonly address: string } } | undefined)[];
  readonly masters?: readonly { readonly client?: { readonly isReady?: boolean } }[];
  nodeClient?(node: unknown): Duplicable | Promise<Duplicable>;
  sendCommand?(firstKey: string | undefined, isReadonly: boolean, args: readonly string[]): Promise<unknown>;
  /** 5 and later. */
  destroy?(): unknown;
  on?(event: string, listener: (event: unknown) => void): unknown;
  off?(event: string, listener: (event: unknown) => void): unknown;
}

/** What was given instead. */
function hintAt(client: Extras | null | undefined): string {
  if (Array.isArray(client)) return ": got an array, give one client: this is not Redlock";
  if (typeof client?.then === "function") return ": got a promise, await it first";
  if (typeof client?.customCommand === "function") {
    return ': this looks like GLIDE: a few lines of your own make it a connection for redisDriver of "@distlock/core", see docs/drivers.md of distlock';
  }
  if (typeof client?.evalsha === "function") {
    return ': this looks like ioredis, use ioredisDriver from "@distlock/ioredis"';
  }
  return "";
}

export function assertClient(client: Extras | null | undefined): asserts client is Extras {
  const need =
    "nodeRedisDriver needs a client of redis (createClient, createCluster, createSentinel or createClientPool)";
  if (client?.options?.legacyMode) throw new TypeError(`${need}, without legacyMode`);
  if (typeof client?.evalSha !== "function" || typeof client.connect !== "function") {
    throw new TypeError(`${need}${hintAt(client)}`);
  }
}

export const isDuplicable = (client: Extras): client is Extras & Duplicable =>
  typeof client.unref === "function" && typeof client.duplicate === "function";
