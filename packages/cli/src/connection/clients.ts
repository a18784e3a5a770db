import { createClient, createCluster, createSentinel } from "@redis/client";
import type { Address } from "./address";

/** Sends a command to one node. */
export interface Node {
  /** `host:port`, for messages. */
  readonly address: string;
  send(...command: string[]): Promise<unknown>;
}

/** A client of any topology. */
export interface Client {
  readonly cluster: boolean;
  /** What the adapter of node-redis takes. */
  readonly client: object;
  connect(): Promise<unknown>;
  /** The primaries: all keys are on one of them. */
  primaries(): Promise<readonly Node[]>;
  /** The primary that has a key of this name at the server. */
  nodeOf(name: string): Node;
  close(): void;
}

/** Every client speaks RESP 2, which Redis 5 knows too. */
const RESP = 2;

export type OnError = (error: Error) => void;

const reconnecting = (timeout: number) => ({
  connectTimeout: timeout,
  reconnectStrategy: (retries: number) => Math.min(50 * 2 ** retries, 1_000),
});

export function serverClient(url: string, timeout: number, onError: OnError): Client {
  const client = createClient({ url, RESP, socket: reconnecting(timeout) }).on("error", onError);
  const { hostname, port } = new URL(url);
  const node: Node = {
    address: `${hostname}:${port || 6379}`,
    send: (...command) => client.sendCommand(command),
  };
  return {
    client,
    cluster: false,
    connect: () => client.connect(),
    primaries: async () => [node],
    nodeOf: () => node,
    close: () => client.destroy(),
  };
}

export function clusterClient(url: string, timeout: number, onError: OnError): Client {
  const { username, password, protocol } = new URL(url);
  const cluster = createCluster({
    rootNodes: [{ url }],
    RESP,
    defaults: {
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      socket: { ...reconnecting(timeout), ...(protocol === "rediss:" && { tls: true as const }) },
    },
  }).on("error", onError);
  return {
    client: cluster,
    cluster: true,
    connect: () => cluster.connect(),
    primaries: () =>
      Promise.all(
        cluster.masters.map(async (master): Promise<Node> => {
          const client = await cluster.nodeClient(master);
          return { address: master.address, send: (...command) => client.sendCommand(command) };
        }),
      ),
    nodeOf: (name) => ({ address: "the Cluster", send: (...command) => cluster.sendCommand(name, false, command) }),
    close: () => cluster.destroy(),
  };
}

export function sentinelClient(
  address: Extract<Address, { kind: "sentinel" }>,
  timeout: number,
  onError: OnError,
): Client {
  const { name, sentinels, username, password, database, tls } = address;
  const sentinel = createSentinel({
    name,
    sentinelRootNodes: [...sentinels],
    RESP,
    nodeClientOptions: {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(database !== undefined && { database }),
      socket: { connectTimeout: timeout, ...(tls && { tls: true as const }) },
    },
  }).on("error", onError);
  const node: Node = { address: `the master "${name}"`, send: (...command) => sentinel.sendCommand(false, command) };
  return {
    client: sentinel,
    cluster: false,
    connect: () => sentinel.connect(),
    primaries: async () => [node],
    nodeOf: () => node,
    close: () => sentinel.destroy(),
  };
}
