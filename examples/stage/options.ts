import { InvalidArgumentError } from "commander";

/** Reads the argument of `--redis-url`. */
export function redisUrl(text: string): string {
  if (URL.canParse(text) && ["redis:", "rediss:"].includes(new URL(text).protocol)) return text;
  throw new InvalidArgumentError("It must be a URL such as redis://127.0.0.1:6379.");
}
