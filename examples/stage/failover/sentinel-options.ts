import { parse } from "../options";
import { type FailoverOptions, failoverCommand, hostPorts } from "./options";
import type { HostPort } from "./servers";

export interface SentinelOptions extends FailoverOptions {
  /** The caller's own Sentinels; without them, a topology is started. */
  readonly sentinels?: readonly HostPort[];
  readonly name: string;
}

export function parseOptions(args: readonly string[]): SentinelOptions {
  const program = failoverCommand(
    "demo:sentinel",
    "Four processes share locks in a Redis that Sentinels watch, whose primary is killed in the middle.",
  )
    .option("--sentinels <host:port,…>", "play on your own servers, where nothing is killed", hostPorts)
    .option("--name <name>", "your Sentinels' name for the primary", "mymaster")
    .addHelpText(
      "after",
      "\nFor your own servers the environment may have REDIS_USERNAME, REDIS_PASSWORD and SENTINEL_PASSWORD.",
    );
  return parse(program, args);
}
