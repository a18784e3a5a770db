import { startCluster } from "@distlock/testing";
import { loginOf } from "@distlock-examples/failover/login";
import type { Stage } from "@distlock-examples/failover/stage";
import type { Address } from "./clients";
import type { ClusterOptions } from "./options";

/** Three primaries with a replica each, gone with the block. */
async function ownServers(): Promise<Stage<Address>> {
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
function callersServers(nodes: NonNullable<ClusterOptions["nodes"]>): Stage<Address> {
  return {
    address: { nodes, login: loginOf(process.env) },
    place: `the Cluster at ${nodes.map(({ host, port }) => `${host}:${port}`).join(", ")}`,
    advice: 'send "CLUSTER FAILOVER" to a replica, or end a primary',
    async [Symbol.asyncDispose]() {},
  };
}

export const openStage = async ({ nodes }: ClusterOptions): Promise<Stage<Address>> =>
  nodes ? callersServers(nodes) : ownServers();
