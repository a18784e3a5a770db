import { type Driver, type DriverOptions, redisDriver } from "@distlock/core/driver";
import { type NodeRedisClient, nodeRedisConnection } from "@distlock/node-redis";
import { EXIT } from "../exit-codes";
import { Failure } from "../failure";
import { type Client, clusterClient, type Node, sentinelClient, serverClient } from "./clients";
import type { RedisOptions } from "./options";
import { prefixed } from "./prefixed";

/** A connection to Redis, of any topology. */
export interface Connection {
  readonly driver: Driver;
  readonly cluster: boolean;
  readonly prefix: string;
  /** The primaries: all keys are on one of them. */
  primaries(): Promise<readonly Node[]>;
  /** The primary that has the key of a lock. */
  nodeOf(key: string): Node;
  close(): void;
}

/** Connects. Rejects with a `Failure` if Redis does not answer in time, or refuses. */
export async function openConnection(
  { url, cluster, prefix, timeout }: RedisOptions,
  driverOptions: DriverOptions = {},
): Promise<Connection> {
  let last: Error | undefined;
  let refuse: (error: Error) => void = () => {};
  const onError = (error: Error) => {
    last = error;
    if (refused.test(error.message)) refuse(error);
  };
  const within = <T>(client: Client, work: Promise<T>) =>
    withTimeout(client, work, { timeout, shown: url.shown, last: () => last });

  const open = async (client: Client): Promise<Client> => {
    // A client that is refused tries again and again.
    const refusal = new Promise<never>((_, reject) => {
      refuse = reject;
    });
    await within(client, Promise.race([client.connect(), refusal]));
    return client;
  };
  let client = await open(
    url.kind === "sentinel"
      ? sentinelClient(url, timeout, onError)
      : cluster
        ? clusterClient(url.url, timeout, onError)
        : serverClient(url.url, timeout, onError),
  );
  if (url.kind === "server" && !cluster && (await within(client, isCluster(client)))) {
    client.close();
    client = await open(clusterClient(url.url, timeout, onError));
  }
  return {
    driver: redisDriver(prefixed(nodeRedisConnection(client.client as NodeRedisClient), prefix), driverOptions),
    cluster: client.cluster,
    prefix,
    primaries: () => within(client, client.primaries()),
    nodeOf: (key) => client.nodeOf(prefix + key),
    close: () => client.close(),
  };
}

/** A user may not ask, or the server has no such command: some managed servers take commands away. */
const unasked = /NOPERM|unknown command/i;

/** Whether the server is a node of a Cluster. A server that does not say it is taken for a single one. */
async function isCluster(client: Client): Promise<boolean> {
  const [node] = await client.primaries();
  const info = await node!.send("INFO", "cluster").catch((error: Error) => {
    if (unasked.test(error.message)) return "";
    throw error;
  });
  return /cluster_enabled:1/.test(String(info));
}

interface Limit {
  readonly timeout: number;
  readonly shown: string;
  /** The last error of the client. */
  last(): Error | undefined;
}

/** The rejection of Redis for a name or a password. */
const refused = /NOAUTH|NOPERM|WRONGPASS|ERR AUTH/;

/** Rejects, and closes the client, if Redis does not answer in time or refuses. */
async function withTimeout<T>(client: Client, work: Promise<T>, { timeout, shown, last }: Limit): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(last() ?? new Error(`no answer within ${timeout} ms`)), timeout);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    work.catch(() => {});
    client.close();
    const { message } = error as Error;
    const code = refused.test(message) ? EXIT.noPermission.code : EXIT.unavailable.code;
    throw new Failure(code, `Redis at ${shown} does not answer: ${message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
