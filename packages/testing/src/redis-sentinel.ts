import { freePort } from "./port";
import { type RedisServer, startRedis, startServer } from "./redis-server";
import { follows, isPrimary, NAME, primaryPort, seesAll } from "./sentinel-view";
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
  /** The name that the Sentinels have for the primary. */
  readonly name: string;
  readonly sentinels: readonly RedisServer[];
  /** The servers that have the data; the first is the primary at the start. */
  readonly nodes: readonly RedisServer[];
  /** The primary, according to the Sentinels. */
  primary(): Promise<RedisServer>;
  /** `SENTINEL FAILOVER`. Resolves with the new primary, once all agree. */
  failover(): Promise<RedisServer>;
  /** Resolves when all Sentinels that run name the same primary, which runs, and whose replicas follow it. */
  stable(): Promise<void>;
  /** Ends all processes and deletes their folders. */
  stop(): Promise<void>;
}

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

  async function primary(): Promise<RedisServer> {
    const sentinel = sentinels.find((each) => each.running);
    if (!sentinel) throw new Error("no Sentinel runs");
    const at = await primaryPort(sentinel);
    const node = nodes.find((each) => each.port === at);
    if (!node) throw new Error(`no server of ours: ${at}`);
    return node;
  }

  /** The primary that all agree on; undefined where they do not. */
  async function agreed(): Promise<RedisServer | undefined> {
    const first = await primary();
    if (!first.running || !(await isPrimary(first))) return undefined;
    const running = nodes.filter((node) => node.running);
    const expected = {
      primary: first,
      running: running.map((node) => node.port),
      otherSentinels: sentinels.length - 1,
    };
    const checks = [
      ...sentinels.filter((each) => each.running).map((sentinel) => seesAll(sentinel, expected)),
      ...running.filter((node) => node !== first).map((replica) => follows(replica, first)),
    ];
    return (await Promise.all(checks)).every(Boolean) ? first : undefined;
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
