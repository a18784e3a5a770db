import type { RedisServer } from "./redis-server";
import type { Reply } from "./resp";

/** The node that has the slots from one to another, by port. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
  readonly primary: number;
  readonly replicas: readonly number[];
}

/** The Cluster as one node sees it. */
export interface ClusterView {
  /** Whether it says that all is well. */
  readonly whole: boolean;
  readonly ranges: readonly SlotRange[];
  /** Which node has which slots, in a form to compare. */
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

/** The name of a node in its Cluster. */
export const idOf = async (node: RedisServer): Promise<string> => String(await node.command("CLUSTER", "MYID"));

/** Whether a node has its role in the view; a replica must follow its primary. */
async function hasItsRole(node: RedisServer, { ranges }: ClusterView): Promise<boolean> {
  const info = String(await node.command("INFO", "replication"));
  const isPrimary = ranges.some(({ primary }) => primary === node.port);
  return isPrimary ? /^role:master\r$/m.test(info) : /^master_link_status:up\r$/m.test(info);
}

/** The view that all these nodes share, if all is well and no other node is part of it; undefined where they do not agree. */
export async function agreedView(nodes: readonly RedisServer[]): Promise<ClusterView | undefined> {
  const views = await Promise.all(nodes.map(viewOf));
  const [first] = views;
  if (!first || !views.every(({ whole, slots }) => whole && slots === first.slots)) return undefined;
  const ports = new Set(first.ranges.flatMap(({ primary, replicas }) => [primary, ...replicas]));
  if (ports.size !== nodes.length || !nodes.every(({ port }) => ports.has(port))) return undefined;
  const roles = await Promise.all(nodes.map((node) => hasItsRole(node, first)));
  return roles.every(Boolean) ? first : undefined;
}
