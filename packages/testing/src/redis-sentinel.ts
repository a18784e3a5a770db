import { freePort } from "./port";
import { type RedisServer, startRedis, startServer } from "./redis-server";
import type { Reply } from "./resp";
import { settled } from "./settled";
import { stopAll, together } from "./together";

export interface RedisSentinelOptions {
  /** After how many ms without an answer a server counts as down. Default: 1,000. */
  downAfter?: number;
  /** `failover-timeout` of the Sentinels, in ms. Default: 3,000. */
  failoverTimeout?: number;
}

/** One primary, two replicas and three Sentinels, on 127.0.0.1. They die with this process, whatever ends that. */
export interface RedisSentinel {
  /** What the Sentinels call the primary. */
  readonly name: string;
  readonly sentinels: readonly RedisServer[];
  /** The servers that have the data; the first is the primary at the start. */
  readonly nodes: readonly RedisServer[];
  /** Which one the Sentinels say is the primary. */
  primary(): Promise<RedisServer>;
  /** `SENTINEL FAILOVER`. Resolves with the new primary, once all agree. */
  failover(): Promise<RedisServer>;
  /** Resolves when all Sentinels that run name the same primary, which runs, and whose replicas follow it. */
  stable(): Promise<void>;
  /** Ends all processes and deletes their folders. */
  stop(): Promise<void>;
}

const NAME = "distlock";

const fields = (reply: Reply): Record<string, Reply> => {
  const list = reply as readonly Reply[];
  return Object.fromEntries(list.flatMap((name, i) => (i % 2 ? [] : [[name, list[i + 1]!]])));
};

const names = (info: Reply, line: string): boolean => String(info).includes(`${line}\r\n`);

export async function startSentinel(options: RedisSentinelOptions = {}): Promise<RedisSentinel> {
  const { downAfter = 1_000, failoverTimeout = 3_000 } = options;
  const replication = ["--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"];
  const port = await freePort();
  const following = [...replication, "--replicaof", "127.0.0.1", String(port)];
  const nodes = await together([
    startRedis({ port, args: replication }),
    startRedis({ args: following }),
    startRedis({ args: following }),
  ]);
  const sentinels: RedisServer[] = [];
  const stop = () => stopAll([...sentinels, ...nodes]);

  const follows = async (node: RedisServer, primary: RedisServer): Promise<boolean> => {
    const info = await node.command("INFO", "replication");
    return names(info, `master_port:${primary.port}`) && names(info, "master_link_status:up");
  };
  const nodeAt = (at: Reply): RedisServer => {
    const node = nodes.find((each) => String(each.port) === String(at));
    if (!node) throw new Error(`no server of ours: ${at}`);
    return node;
  };

  async function primary(): Promise<RedisServer> {
    const sentinel = sentinels.find((each) => each.running);
    if (!sentinel) throw new Error("no Sentinel runs");
    const address = await sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME);
    return nodeAt((address as readonly Reply[])[1]!);
  }

  /** The primary that all agree on; undefined where they do not. */
  async function agreed(): Promise<RedisServer | undefined> {
    const first = await primary();
    if (!first.running || !names(await first.command("INFO", "replication"), "role:master")) return;
    const replicas = nodes.filter((node) => node !== first && node.running);
    for (const sentinel of sentinels.filter((each) => each.running)) {
      const seen = fields(await sentinel.command("SENTINEL", "MASTER", NAME));
      const others = Number(seen["num-other-sentinels"]) === sentinels.length - 1;
      const all = Number(seen["num-slaves"]) >= replicas.length;
      if (nodeAt(seen.port!) !== first || seen.flags !== "master" || !others || !all) return;
      for (const replica of (await sentinel.command("SENTINEL", "REPLICAS", NAME)) as readonly Reply[]) {
        const { port: at, flags } = fields(replica);
        if (nodeAt(at!).running && flags !== "slave") return;
      }
    }
    for (const replica of replicas) if (!(await follows(replica, first))) return;
    return first;
  }
  const stable = async () => void (await settled(agreed, "the Sentinels agree on a primary"));

  try {
    await settled(async () => {
      const [first, ...replicas] = nodes as [RedisServer, ...RedisServer[]];
      return (await Promise.all(replicas.map((each) => follows(each, first)))).every(Boolean);
    }, "the replicas follow");
    const file = [
      `sentinel monitor ${NAME} 127.0.0.1 ${port} 2`,
      `sentinel down-after-milliseconds ${NAME} ${downAfter}`,
      `sentinel failover-timeout ${NAME} ${failoverTimeout}`,
      `sentinel parallel-syncs ${NAME} 2`,
      "",
    ].join("\n");
    sentinels.push(...(await together([1, 2, 3].map(() => startServer({ file, args: ["--sentinel"] })))));
    // They find each other, and get over a pause of the machine, in less than the usual seconds. Not before Redis 7.0.
    const haste = ["PUBLISH-PERIOD", "200", "INFO-PERIOD", "500", "TILT-PERIOD", "1000"];
    for (const each of sentinels) await each.command("SENTINEL", "DEBUG", ...haste).catch(() => {});
    await stable();
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    name: NAME,
    sentinels,
    nodes,
    primary,
    async failover() {
      const before = await primary();
      const sentinel = sentinels.find((each) => each.running)!;
      await settled(
        () => sentinel.command("SENTINEL", "FAILOVER", NAME).then(() => true),
        "a Sentinel begins the failover",
      );
      return settled(async () => {
        const now = await agreed();
        return now !== before && now;
      }, "another primary");
    },
    stable,
    stop,
  };
}
