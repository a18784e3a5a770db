import { type Library, libraries } from "@distlock-examples/standalone/library";
import { redisUrl } from "@distlock-examples/standalone/redis-url";
import { Command, InvalidArgumentError, Option } from "commander";

export interface DemoOptions {
  /** A running Redis to play on; without it one is started. */
  readonly redisUrl?: string;
  readonly client: Library;
  readonly whenBusy: "wait" | "reject";
  /** Messages that each user sends. */
  readonly messages: number;
}

const MIN_MESSAGES = 3;
const MAX_MESSAGES = 200;

function messages(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= MIN_MESSAGES && number <= MAX_MESSAGES) return number;
  throw new InvalidArgumentError(`It must be an integer from ${MIN_MESSAGES} to ${MAX_MESSAGES}.`);
}

/** Reads the command line. Ends the process on `--help`, and with one sentence on what it does not understand. */
export function parseOptions(args: readonly string[]): DemoOptions {
  const program = new Command("demo:memory")
    .description(
      "Three instances of a LangChain service answer users who share conversations: first without the turn lock, then with it. One is killed in the middle of a turn.",
    )
    .addOption(
      new Option("--client <library>", "the client library of all instances").choices(libraries).default("ioredis"),
    )
    .option("--redis-url <url>", "play on this Redis; without it one is started, and ended with the demo", redisUrl)
    .option("--messages <n>", `messages that each user sends, ${MIN_MESSAGES} to ${MAX_MESSAGES}`, messages, 6)
    .addOption(
      new Option("--when-busy <how>", "what a request does while its session answers another one")
        .choices(["wait", "reject"])
        .default("wait"),
    );
  // "pnpm demo:memory -- --client ioredis" hands the "--" on.
  return program.parse(args[0] === "--" ? args.slice(1) : args, { from: "user" }).opts<DemoOptions>();
}
