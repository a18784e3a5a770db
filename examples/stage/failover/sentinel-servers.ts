import { startSentinel } from "@distlock/testing";
import type { SentinelOptions } from "./sentinel-options";
import { type HostPort, type Login, loginOf, type Servers } from "./servers";

export interface SentinelAddress {
  /** The Sentinels' name for the primary. */
  readonly name: string;
  readonly sentinels: readonly HostPort[];
  readonly login: Login;
  readonly sentinelPassword?: string;
}

/** One primary, two replicas and three Sentinels, gone with the block. */
async function ownServers(): Promise<Servers<SentinelAddress>> {
  const { name, nodes, sentinels, primary, stop } = await startSentinel({ downAfter: 1_000 });
  const ports = (servers: typeof nodes) => servers.map(({ port }) => port).join(", ");
  return {
    address: { name, sentinels: sentinels.map(({ host, port }) => ({ host, port })), login: {} },
    place: `a Redis of its own on the ports ${ports(nodes)}, watched by Sentinels on ${ports(sentinels)}`,
    async killPrimaryOf() {
      const victim = await primary();
      await victim.signal("SIGKILL");
      return { killed: `port ${victim.port}`, replaced: successor(victim.port) };
    },
    [Symbol.asyncDispose]: stop,
  };

  async function successor(killed: number): Promise<string> {
    for (;;) {
      const { port } = await primary();
      if (port !== killed) {
        // The play is about one failover: on a busy machine the new primary may be silent for as long as the dead one.
        const calmly = ["SENTINEL", "SET", name, "down-after-milliseconds", "60000"];
        await Promise.all(sentinels.map((sentinel) => sentinel.command(...calmly)));
        return `port ${port}`;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The caller's servers, where only our keys are touched. */
function callersServers(sentinels: readonly HostPort[], name: string): Servers<SentinelAddress> {
  const [first] = sentinels as [HostPort];
  const { SENTINEL_PASSWORD } = process.env;
  return {
    address: {
      name,
      sentinels,
      login: loginOf(process.env),
      ...(SENTINEL_PASSWORD && { sentinelPassword: SENTINEL_PASSWORD }),
    },
    place: `the Redis "${name}" of the Sentinels at ${sentinels.map(({ host, port }) => `${host}:${port}`).join(", ")}`,
    advice: `redis-cli -h ${first.host} -p ${first.port} SENTINEL FAILOVER ${name}`,
    async [Symbol.asyncDispose]() {},
  };
}

export const openSentinel = async ({ sentinels, name }: SentinelOptions): Promise<Servers<SentinelAddress>> =>
  sentinels ? callersServers(sentinels, name) : ownServers();
