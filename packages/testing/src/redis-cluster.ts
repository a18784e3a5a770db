import { createCluster } from "./cluster-create";
import { moveSlot } from "./cluster-move";
import { agreedView, viewOf } from "./cluster-view";
import { freeClusterPort } from "./port";
import { type RedisServer, startRedis } from "./redis-server";
import { settled } from "./settled";
import { stopAll, together } from "./together";

export interface RedisClusterOptions {
  /** `cluster-node-timeout` in ms: after how long without an answer a node counts as down. Default: 2,000. */
  nodeTimeout?: number;
}

/** Three primaries with a replica each, on 127.0.0.1. They die with this process, whatever ends that. */
export interface RedisCluster {
  /** The first three are the primaries at the start, the other three their replicas. */
  readonly nodes: readonly RedisServer[];
  /** The primary that has the slot of a key. */
  primary(key: string): Promise<RedisServer>;
  /** The replica of that primary. */
  replica(key: string): Promise<RedisServer>;
  /** `CLUSTER FAILOVER` on the replica of the key's primary. Resolves with it, once all agree that it is the primary. */
  failover(key: string, how?: "FORCE" | "TAKEOVER"): Promise<RedisServer>;
  /**
   * Moves the slot of a key, with all that is in it, to another primary, while clients use it. Resolves with that primary,
   * once all agree. `during` is awaited in the middle: the slot is open, and nothing in it was moved yet.
   */
  move(key: string, during?: () => Promise<unknown>): Promise<RedisServer>;
  /** Resolves when all nodes that run agree on which node has which slots, all slots are served, and the replicas follow. */
  stable(): Promise<void>;
  /** Ends all processes and deletes their folders. */
  stop(): Promise<void>;
}

/** Another process may take the same ports in the moment between. */
const TRIES = 5;

async function startNode(args: readonly string[], tries = TRIES): Promise<RedisServer> {
  try {
    return await startRedis({ port: await freeClusterPort(), args });
  } catch (error) {
    if (tries <= 1) throw error;
    return startNode(args, tries - 1);
  }
}

export async function startCluster({ nodeTimeout = 2_000 }: RedisClusterOptions = {}): Promise<RedisCluster> {
  const args = ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"];
  args.push("--cluster-node-timeout", String(nodeTimeout), "--repl-ping-replica-period", "1");
  args.push("--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0");
  const nodes = await together(Array.from({ length: 6 }, () => startNode(args)));
  const stop = () => stopAll(nodes);

  const agreed = () => agreedView(nodes.filter((node) => node.running));
  const at = (port: number | undefined): RedisServer => {
    const node = nodes.find((each) => each.port === port);
    if (!node) throw new Error(`no node of ours has the port ${port}`);
    return node;
  };
  const anyNode = (): RedisServer => {
    const node = nodes.find((each) => each.running);
    if (!node) throw new Error("no node runs");
    return node;
  };

  async function rangeOf(key: string) {
    const node = anyNode();
    const slot = Number(await node.command("CLUSTER", "KEYSLOT", key));
    const range = (await viewOf(node)).ranges.find(({ from, to }) => from <= slot && slot <= to);
    if (!range) throw new Error(`nobody has slot ${slot}`);
    return { ...range, slot };
  }
  const primary = async (key: string) => at((await rangeOf(key)).primary);
  const replica = (key: string) => settled(async () => at((await rangeOf(key)).replicas[0]), "a replica");
  const becomes = (key: string, wanted: RedisServer): Promise<RedisServer> =>
    settled(async () => (await agreed()) && (await primary(key)) === wanted && wanted, `${wanted.port} is the primary`);

  try {
    await createCluster(nodes.slice(0, 3), nodes.slice(3));
    await settled(agreed, "the Cluster is ready");
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    nodes,
    primary,
    replica,
    async failover(key, how) {
      const next = await replica(key);
      await next.command("CLUSTER", "FAILOVER", ...(how ? [how] : []));
      return becomes(key, next);
    },
    async move(key, during) {
      const { slot, primary: port, ranges } = { ...(await rangeOf(key)), ranges: (await viewOf(anyNode())).ranges };
      const primaries = [...new Set(ranges.map((range) => range.primary))].map(at);
      const target = primaries.find((node) => node.port !== port)!;
      await moveSlot(slot, at(port), target, primaries, during);
      return becomes(key, target);
    },
    stable: async () => void (await settled(agreed, "the Cluster is stable")),
    stop,
  };
}
