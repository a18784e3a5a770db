import { type Ioredis, ofIoredis, ofNodeRedis, type TestClient } from "./client";
import { type Address, nodesOf, sentinelsOf } from "./topology-url";

/** How a client of one server differs from one with the default settings of its library. */
export interface ClientOptions {
  /** It does not connect by itself. */
  readonly lazy?: boolean;
  /** The name of its connections at the server. */
  readonly name?: string;
  /** Between two attempts to connect again, in ms. */
  readonly pause?: number;
  /** It sets no timer for each command, so that the timers of a locker can be counted. */
  readonly countable?: boolean;
}

export type Connect = (url: string, options?: ClientOptions) => Promise<TestClient>;
export type ConnectTopology = (url: string) => Promise<TestClient>;

/** How a version connects to each topology that it knows. */
interface Version {
  readonly redis: Connect;
  readonly sentinel?: ConnectTopology;
  readonly cluster: ConnectTopology;
}

/** After how many ms a client that is configured to do so takes a connection without an answer for a lost one. */
export const NOTICE = 1_000;

interface Ioredises {
  readonly Redis: { new (url: string, options: object): Ioredis; new (options: object): Ioredis };
  readonly Cluster: new (nodes: Address[], options: object) => Ioredis;
}

/** The options that make ioredis notice a silent connection. */
const noticing = { sentinel: { socketTimeout: NOTICE }, cluster: { redisOptions: { socketTimeout: NOTICE } } };
/** ioredis before 5.4, which has no `socketTimeout`. */
const noticingBefore54 = { sentinel: { failoverDetector: true }, cluster: { slotsRefreshInterval: NOTICE } };

const ioredis = (
  load: () => Promise<Ioredises>,
  notice: Record<keyof typeof noticing, object> = noticing,
): Version => ({
  async redis(url, { lazy = false, name, pause } = {}) {
    const { Redis } = await load();
    return ofIoredis(
      new Redis(url, {
        lazyConnect: lazy,
        ...(name !== undefined && { connectionName: name }),
        ...(pause !== undefined && { retryStrategy: () => pause }),
      }),
    );
  },
  async sentinel(url) {
    const { Redis } = await load();
    return ofIoredis(new Redis({ ...sentinelsOf(url), ...notice.sentinel }));
  },
  async cluster(url) {
    const { Cluster } = await load();
    return ofIoredis(new Cluster(nodesOf(url), notice.cluster));
  },
});

interface NodeRedises4 {
  createClient(options: { url: string }): object;
  createCluster(options: { rootNodes: { socket: Address }[] }): object;
}
interface NodeRedises extends NodeRedises4 {
  createSentinel(options: { name: string; sentinelRootNodes: Address[] }): object;
}

/** redis 4 does not know Sentinels. */
const nodeRedis4 = (load: () => Promise<NodeRedises4>): Version => ({
  async redis(url, { lazy, name, pause, countable } = {}) {
    const options = {
      url,
      ...(name !== undefined && { name }),
      ...(pause !== undefined && { socket: { reconnectStrategy: () => pause } }),
      // redis 6 has a timer of 5 s for each command by default.
      ...(countable && { commandOptions: { timeout: 0 } }),
    };
    return ofNodeRedis((await load()).createClient(options), lazy);
  },
  async cluster(url) {
    const rootNodes = nodesOf(url).map((socket) => ({ socket }));
    return ofNodeRedis((await load()).createCluster({ rootNodes }));
  },
});

const nodeRedis = (load: () => Promise<NodeRedises>): Version => ({
  ...nodeRedis4(load),
  async sentinel(url) {
    const { name, sentinels } = sentinelsOf(url);
    return ofNodeRedis((await load()).createSentinel({ name, sentinelRootNodes: sentinels }));
  },
});

/**
 * Every client version that is tested: of each major version the oldest that is supported, one in the middle and the newest.
 * A version is loaded when it is used first: each worker process has one.
 */
const versions: Readonly<Record<string, Version>> = {
  "ioredis 5.3.0": ioredis(() => import("ioredis-5.3"), noticingBefore54),
  "ioredis 5.10.0": ioredis(() => import("ioredis-5.10")),
  "ioredis 5.11.1": ioredis(() => import("ioredis-5")),
  "ioredis 6.0.0": ioredis(() => import("ioredis-6")),
  "iovalkey 0.4.0": ioredis(() => import("iovalkey")),
  "redis 4.6.0": nodeRedis4(() => import("redis-4.6")),
  "redis 4.7.1": nodeRedis4(() => import("redis-4")),
  "redis 5.0.0": nodeRedis(() => import("redis-5.0")),
  "redis 5.8.0": nodeRedis(() => import("redis-5.8")),
  "redis 5.12.1": nodeRedis(() => import("redis-5")),
  "redis 6.0.0": nodeRedis(() => import("redis-6.0")),
  "redis 6.3.1": nodeRedis(() => import("redis-6")),
};

type Table<T> = Readonly<Record<string, T>>;

const tableOf = <K extends keyof Version>(topology: K): Table<NonNullable<Version[K]>> =>
  Object.fromEntries(
    Object.entries(versions).flatMap(([name, version]) => {
      const connect = version[topology];
      return connect === undefined ? [] : [[name, connect]];
    }),
  );

/** Each version as a client of one server, of what Sentinels watch, and of a Cluster. */
export const clients = tableOf("redis");
export const sentinelClients = tableOf("sentinel");
export const clusterClients = tableOf("cluster");

/** The newest of each major version: tests of every client run with these. */
export const newest: readonly string[] = [
  "ioredis 5.11.1",
  "ioredis 6.0.0",
  "redis 4.7.1",
  "redis 5.12.1",
  "redis 6.3.1",
];

/** The clients of a table that are the newest of their major versions. */
export const newestOf = <T>(table: Table<T>): Table<T> =>
  Object.fromEntries(Object.entries(table).filter(([name]) => newest.includes(name)));

/** A client of this version, for the topology that the url names. */
export const connectTo = (name: string, url: string): Promise<TestClient> =>
  versions[name]![url.split(":")[0] as keyof Version]!(url);
