import {
  argsOf,
  type FailoverOptions,
  failoverCommand,
  type HostPort,
  hostPorts,
} from "@distlock-examples/failover/options";

export interface SentinelOptions extends FailoverOptions {
  /** The caller's own; left out: a topology is started. */
  readonly sentinels?: readonly HostPort[];
  readonly name: string;
}

export function parseOptions(args: readonly string[]): SentinelOptions {
  const program = failoverCommand(
    "demo:sentinel",
    "Four processes share locks in a Redis that Sentinels watch, whose primary is killed in the middle.",
  )
    .option("--sentinels <host:port,…>", "play on your own servers, where nothing is killed", hostPorts)
    .option("--name <name>", "what your Sentinels call the primary", "mymaster")
    .addHelpText(
      "after",
      "\nFor your own servers the environment may have REDIS_USERNAME, REDIS_PASSWORD and SENTINEL_PASSWORD.",
    );
  return program.parse(argsOf(args), { from: "user" }).opts<SentinelOptions>();
}
