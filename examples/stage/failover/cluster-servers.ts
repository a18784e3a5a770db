import { startCluster } from "@distlock/testing";
import type { ClusterOptions } from "./cluster-options";
import { type HostPort, type Login, loginOf, type Servers } from "./servers";

export interface ClusterAddress {
  readonly nodes: readonly HostPort[];
  readonly login: Login;
}

/** Three primaries with a replica each, gone with the block. */
async function ownServers(): Promise<Servers<ClusterAddress>> {
  const { nodes, primary, stop } = await startCluster({ nodeTimeout: 1_500 });
  return {
    address: { nodes: nodes.map(({ host, port }) => ({ host, port })), login: {} },
    place: `a Cluster of its own on the ports ${nodes.map(({ port }) => port).join(", ")}`,
    async killPrimaryOf(key) {
      const victim = await primary(key);
      await victim.signal("SIGKILL");
      return { killed: `port ${victim.port}`, replaced: successor(key, victim.port) };
    },
    [Symbol.asyncDispose]: stop,
  };

  async function successor(key: string, killed: number): Promise<string> {
    for (;;) {
      const { port } = await primary(key);
      if (port !== killed) return `port ${port}`;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The caller's Cluster, where only our keys are touched. */
function callersServers(nodes: readonly HostPort[]): Servers<ClusterAddress> {
  return {
    address: { nodes, login: loginOf(process.env) },
    place: `the Cluster at ${nodes.map(({ host, port }) => `${host}:${port}`).join(", ")}`,
    advice: 'send "CLUSTER FAILOVER" to a replica, or end a primary',
    async [Symbol.asyncDispose]() {},
  };
}

export const openCluster = async ({ nodes }: ClusterOptions): Promise<Servers<ClusterAddress>> =>
  nodes ? callersServers(nodes) : ownServers();
