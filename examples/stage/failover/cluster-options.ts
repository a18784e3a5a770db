import { parse } from "../options";
import { type FailoverOptions, failoverCommand, hostPorts } from "./options";
import type { HostPort } from "./servers";

export interface ClusterOptions extends FailoverOptions {
  /** Some nodes of the caller's own Cluster; without them, a Cluster is started. */
  readonly nodes?: readonly HostPort[];
}

export function parseOptions(args: readonly string[]): ClusterOptions {
  const program = failoverCommand(
    "demo:cluster",
    "Four processes share locks in a Redis Cluster, one of whose primaries is killed in the middle.",
  )
    .option("--nodes <host:port,…>", "play on your own Cluster, where nothing is killed", hostPorts)
    .addHelpText("after", "\nFor your own Cluster the environment may have REDIS_USERNAME and REDIS_PASSWORD.");
  return parse(program, args);
}
