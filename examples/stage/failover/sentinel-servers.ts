import { startSentinel } from "@distlock/testing";
import { loginOf } from "@distlock-examples/failover/login";
import type { Stage } from "@distlock-examples/failover/stage";
import type { Address } from "./clients";
import type { SentinelOptions } from "./options";

/** One primary, two replicas and three Sentinels, gone with the block. */
async function ownServers(): Promise<Stage<Address>> {
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
        // One failover is to be seen: a busy machine may be silent for as long as the one that was killed.
        const calmly = ["SENTINEL", "SET", name, "down-after-milliseconds", "60000"];
        await Promise.all(sentinels.map((sentinel) => sentinel.command(...calmly)));
        return `port ${port}`;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The caller's servers, where only our keys are touched. */
function callersServers(sentinels: NonNullable<SentinelOptions["sentinels"]>, name: string): Stage<Address> {
  const [first] = sentinels as [(typeof sentinels)[number]];
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

export const openStage = async ({ sentinels, name }: SentinelOptions): Promise<Stage<Address>> =>
  sentinels ? callersServers(sentinels, name) : ownServers();
