import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { libraries } from "./library";

/** Reads the argument of `--redis-url`. */
export function redisUrl(text: string): string {
  if (URL.canParse(text) && ["redis:", "rediss:"].includes(new URL(text).protocol)) return text;
  throw new InvalidArgumentError("It must be a URL such as redis://127.0.0.1:6379.");
}

/** Reads an integer from `min` to `max`. */
export const integer =
  (min: number, max: number) =>
  (text: string): number => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
  };

/** Reads the file of a picture. A relative path starts at the folder where the command was typed, wherever that runs. */
export function svgFile(path: string): string {
  const file = resolve(process.env.INIT_CWD ?? process.cwd(), path);
  if (existsSync(dirname(file))) return file;
  throw new InvalidArgumentError("Its folder does not exist.");
}

export const clientOption = (description: string): Option =>
  new Option("--client <library>", description).choices(libraries);

/** Reads the command line. Ends the process on `--help`, and with one sentence if it does not understand an argument. */
export function parse<Options extends object>(program: Command, args: readonly string[]): Options {
  // "pnpm demo -- --turns 60" hands the "--" on.
  const own = args[0] === "--" ? args.slice(1) : args;
  return program.parse(own, { from: "user" }).opts<Options>();
}
