import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { integer, parse, redisUrl, svgFile } from "../options";

export interface ObservabilityOptions {
  /** A running Redis to play on; without it one is started. */
  readonly redisUrl?: string;
  /** Calls of each caller. */
  readonly calls: number;
  /** The file of the picture. */
  readonly svg: string;
  /** Where the spans go too: a URL that takes OTLP over HTTP. */
  readonly otlp?: string;
}

const MIN_CALLS = 10;
const MAX_CALLS = 300;
const calls = integer(MIN_CALLS, MAX_CALLS);

/** Reads the URL of a collector. Without a path it is the base, to which exporters add `/v1/traces`. */
function tracesUrl(text: string): string {
  if (!URL.canParse(text) || !["http:", "https:"].includes(new URL(text).protocol)) {
    throw new InvalidArgumentError("It must be a URL such as http://127.0.0.1:4318.");
  }
  const url = new URL(text);
  if (url.pathname === "/") url.pathname = "/v1/traces";
  return url.href;
}

export function parseOptions(args: readonly string[]): ObservabilityOptions {
  const program = new Command("demo observability")
    .description(
      "Two processes share locks, with OpenTelemetry on: a hand-over as a trace, who waited and held as a picture, and the metrics.",
    )
    .option("--redis-url <url>", "play on this Redis; without it one is started, and ended with the demo", redisUrl)
    .option("--calls <n>", `calls of each caller, ${MIN_CALLS} to ${MAX_CALLS}`, calls, 40)
    .option("--svg <file>", "where the picture goes", svgFile, join(tmpdir(), "distlock-observability.svg"))
    .option(
      "--otlp <url>",
      "send the spans to your own collector, too: OTLP over HTTP, such as http://127.0.0.1:4318",
      tracesUrl,
    );
  return parse(program, args);
}
