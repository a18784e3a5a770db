import { channel } from "node:diagnostics_channel";
import type { Node } from "../../connection/clients";
import type { Connection } from "../../connection/open";
import type { RedisOptions } from "../../connection/options";
import { type Ask, asking, fieldsOf } from "./ask";
import { timingOf } from "./clock";
import type { Fields, NodeFacts, Rights } from "./facts";
import { keysOf } from "./keys";
import { lockProblem } from "./lock";
import { messageProblem } from "./messages";
import { replicasOf } from "./replicas";
import { rightsOf } from "./rights";

const SETTINGS = ["maxmemory-policy", "maxmemory", "appendonly", "appendfsync", "save", "min-replicas-to-write"];

export interface GatherOptions extends RedisOptions {
  /** How the names of the keys begin that are tried. */
  readonly keys: string;
}

/** Asks for each setting alone: before Redis 7, CONFIG GET takes one. */
async function settingsOf(ask: Ask, node: Node): Promise<Fields> {
  const answers = await Promise.all(SETTINGS.map((name) => ask(node, "CONFIG", "GET", name)));
  const replies = answers.map((answer) => ("reply" in answer ? (answer.reply as string[]) : []));
  return new Map(replies.flatMap(([name, value]) => (value === undefined ? [] : [[name!, value] as const])));
}

/** Gathers all that the checks need, from each primary. */
export async function gather(connection: Connection, options: GatherOptions): Promise<NodeFacts[]> {
  const { timeout, url, prefix, keys: start } = options;
  const ask = asking(timeout);
  const nodes = await connection.primaries();
  const keys = await keysOf(ask, nodes, prefix, start);

  async function factsOf(node: Node, key: string | undefined): Promise<NodeFacts> {
    const info = fieldsOf(await ask(node, "INFO"));
    const settings = await settingsOf(ask, node);
    const cluster = connection.cluster ? fieldsOf(await ask(node, "CLUSTER", "INFO")) : undefined;
    const timing = await timingOf(ask, node);
    const replicas = await replicasOf(info, ask, url, timeout);
    const own = { address: node.address, info, settings, cluster, ...timing, replicas };
    if (key === undefined) return { ...own, rights: undefined, trial: undefined };
    const rights = await rightsOf(ask, node, prefix + key);
    const { driver } = connection;
    return {
      ...own,
      rights,
      trial: suffice(rights)
        ? {
            messages: await messageProblem(ask, driver, node, prefix + key, timeout),
            lock: await lockProblem(driver, key, timeout),
          }
        : undefined,
    };
  }

  // One after the other: a node that is busy with another trial would seem slow.
  const facts: NodeFacts[] = [];
  const stop = quiet();
  try {
    for (const [i, node] of nodes.entries()) facts.push(await factsOf(node, keys[i]));
  } finally {
    stop();
  }
  return facts;
}

const suffice = ({ refused, foreignKey }: Rights): boolean => refused.length === 0 && !foreignKey;

/** The warnings of lockers say what the checks say, too. Nobody needs them twice. */
function quiet(): () => void {
  const warnings = channel("distlock:warning");
  const ignore = () => {};
  warnings.subscribe(ignore);
  return () => void warnings.unsubscribe(ignore);
}
