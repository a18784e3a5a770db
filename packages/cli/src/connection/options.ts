import { type Command, Option } from "commander";
import { parseDuration } from "../output/duration";
import { type Address, parseAddress } from "./address";

/** The options that every command has that talks to Redis. */
export interface RedisOptions {
  readonly url: Address;
  readonly cluster?: true;
  readonly prefix: string;
  readonly timeout: number;
}

const variables = ["DISTLOCK_URL", "REDIS_URL"] as const;

/** The URL of the environment, and the variable that it is in. */
const fromEnvironment = (): string => {
  const name = variables.find((each) => process.env[each]);
  return name === undefined ? "redis://127.0.0.1:6379" : process.env[name]!;
};

const HEADING = "Redis:";

/** Adds the options of the connection to a command. */
export const withRedis = (command: Command): Command =>
  command
    .optionsGroup(HEADING)
    .addOption(
      new Option(
        "--url <url>",
        "redis://, rediss:// or redis-sentinel://host1,host2/name (default: $DISTLOCK_URL, $REDIS_URL, redis://127.0.0.1:6379)",
      ).argParser(parseAddress),
    )
    .option("--cluster", "the server is a node of a Cluster (default: it is asked)")
    .option("--prefix <text>", "the keyPrefix of the clients that take the locks", "")
    .addOption(
      new Option("--timeout <duration>", "how long Redis may take to answer")
        .argParser(parseDuration)
        .default(5_000, "5s"),
    );

/** The options of the command line, with the URL of the environment if there is no other. */
export function redisOptions(given: Omit<RedisOptions, "url"> & { readonly url?: Address }): RedisOptions {
  return { ...given, url: given.url ?? parseAddress(fromEnvironment()) };
}
