import type { RedisServer } from "./redis-server";
import type { Reply } from "./resp";

/** Who has the slots from one to another, by port. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
  readonly primary: number;
  readonly replicas: readonly number[];
}

/** What one node knows of its Cluster. */
export interface ClusterView {
  /** Whether it says that all is well. */
  readonly whole: boolean;
  readonly ranges: readonly SlotRange[];
  /** Who has which slots, in a form to compare. */
  readonly slots: string;
}

export async function viewOf(node: RedisServer): Promise<ClusterView> {
  const info = String(await node.command("CLUSTER", "INFO"));
  const reply = (await node.command("CLUSTER", "SLOTS")) as readonly (readonly [number, number, ...Reply[]])[];
  const ranges = reply.map(([from, to, ...nodes]) => {
    const [primary, ...replicas] = nodes.map((each) => Number((each as readonly Reply[])[1]));
    return { from, to, primary: primary!, replicas };
  });
  const slots = ranges
    .map(({ from, to, primary, replicas }) => `${from}-${to} ${primary} ${[...replicas].sort()}`)
    .sort();
  return { whole: /^cluster_state:ok\r$/m.test(info), ranges, slots: slots.join("\n") };
}

/** By what a node is known in its Cluster. */
export const idOf = async (node: RedisServer): Promise<string> => String(await node.command("CLUSTER", "MYID"));
