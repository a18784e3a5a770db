import type { RedisCluster, RedisSentinel, RedisServer } from "@distlock/testing";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where a topology is, in one string: `sentinel://name@7000,7001,7002` or `cluster://7000,7001,7002`. */
export const urlOf = (topology: RedisCluster | RedisSentinel): string =>
  "sentinels" in topology
    ? `sentinel://${topology.name}@${ports(topology.sentinels)}`
    : `cluster://${ports(topology.nodes.slice(0, 3))}`;

const ports = (servers: readonly RedisServer[]): string => servers.map(({ port }) => port).join();

const addresses = (list: string): Address[] =>
  list.split(",").map((port) => ({ host: "127.0.0.1", port: Number(port) }));

export function sentinelsOf(url: string): { name: string; sentinels: Address[] } {
  const [name = "", list = ""] = url.replace("sentinel://", "").split("@");
  return { name, sentinels: addresses(list) };
}

export const nodesOf = (url: string): Address[] => addresses(url.replace("cluster://", ""));
