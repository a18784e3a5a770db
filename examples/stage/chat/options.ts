import { Command, Option } from "commander";
import type { Library } from "../library";
import { clientOption, integer, parse, redisUrl } from "../options";

export interface ChatOptions {
  /** A running Redis to play on; without it one is started. */
  readonly redisUrl?: string;
  readonly client: Library;
  readonly whenBusy: "wait" | "reject";
  /** Messages that each user sends. */
  readonly messages: number;
}

const MIN_MESSAGES = 3;
const MAX_MESSAGES = 200;
const messages = integer(MIN_MESSAGES, MAX_MESSAGES);

export function parseOptions(args: readonly string[]): ChatOptions {
  const program = new Command("demo:memory")
    .description(
      "Three instances of a LangChain service answer users who share conversations: first without the turn lock, then with it. One is killed in the middle of a turn.",
    )
    .addOption(clientOption("the client library of all instances").default("ioredis"))
    .option("--redis-url <url>", "play on this Redis; without it one is started, and ended with the demo", redisUrl)
    .option("--messages <n>", `messages that each user sends, ${MIN_MESSAGES} to ${MAX_MESSAGES}`, messages, 6)
    .addOption(
      new Option("--when-busy <how>", "how a request is treated while its session answers another one")
        .choices(["wait", "reject"])
        .default("wait"),
    );
  return parse(program, args);
}
