import type { IoredisClient } from "./client";

/*
 * The parts of ioredis that this package uses beyond `IoredisClient`. ioredis 5.3 to 6.0 and iovalkey 0.4 have them;
 * `slots` and `stream` are not documented.
 */

/** A client of one server. */
export interface SingleClient {
  readonly options: { readonly host?: string; readonly port?: number };
  duplicate(settings: object): Connection;
}

/** A client that this package has opened. */
export interface Connection {
  readonly status: string;
  readonly stream?: { unref?: () => unknown; destroy?: () => unknown } | null;
  on(event: string, listener: (...args: never[]) => void): unknown;
  subscribe(channel: string): Promise<unknown>;
  eval(script: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>;
  call(command: string, ...args: string[]): Promise<unknown>;
  disconnect(): void;
}

export interface ClusterClient {
  /** For each slot its nodes as `host:port`, first the primary. */
  readonly slots: readonly (readonly string[] | undefined)[];
  nodes(role?: "master"): SingleClient[];
  on(event: "-node", listener: (node: SingleClient) => void): unknown;
  off(event: "-node", listener: (node: SingleClient) => void): unknown;
}

/** Returns the client as a `Cluster`, if it is one. */
export const asCluster = (client: IoredisClient): ClusterClient | undefined =>
  client.isCluster ? (client as unknown as ClusterClient) : undefined;

/** Returns the client as a single client. It must not be a `Cluster`. */
export const asSingle = (client: IoredisClient): SingleClient => client as unknown as SingleClient;
