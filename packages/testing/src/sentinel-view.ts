import type { RedisServer } from "./redis-server";
import type { Reply } from "./resp";

/** The name that the Sentinels have for the primary. */
export const NAME = "distlock";

const fields = (reply: Reply): Record<string, Reply> => {
  const list = reply as readonly Reply[];
  return Object.fromEntries(list.flatMap((name, i) => (i % 2 ? [] : [[name, list[i + 1]!]])));
};

const replication = async (node: RedisServer): Promise<string> => String(await node.command("INFO", "replication"));

export const isPrimary = async (node: RedisServer): Promise<boolean> =>
  (await replication(node)).includes("role:master\r\n");

export async function follows(node: RedisServer, primary: RedisServer): Promise<boolean> {
  const info = await replication(node);
  return info.includes(`master_port:${primary.port}\r\n`) && info.includes("master_link_status:up\r\n");
}

/** The port of the server that a Sentinel calls the primary. */
export async function primaryPort(sentinel: RedisServer): Promise<number> {
  const address = await sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME);
  return Number((address as readonly Reply[])[1]);
}

/** The state that a Sentinel should see. */
interface Expected {
  readonly primary: RedisServer;
  /** The ports of the servers that run, the primary's among them. */
  readonly running: readonly number[];
  readonly otherSentinels: number;
}

/** Whether a Sentinel sees the primary, the replicas and the other Sentinels as they are. */
export async function seesAll(sentinel: RedisServer, expected: Expected): Promise<boolean> {
  const seen = fields(await sentinel.command("SENTINEL", "MASTER", NAME));
  if (Number(seen.port) !== expected.primary.port || seen.flags !== "master") return false;
  if (Number(seen["num-other-sentinels"]) !== expected.otherSentinels) return false;
  if (Number(seen["num-slaves"]) < expected.running.length - 1) return false;
  const listed = (await sentinel.command("SENTINEL", "REPLICAS", NAME)) as readonly Reply[];
  return listed.map(fields).every(({ port, flags }) => flags === "slave" || !expected.running.includes(Number(port)));
}
