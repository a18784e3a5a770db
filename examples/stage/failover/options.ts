import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { type Library, libraries } from "./client";

/** What the examples with a failover have in common. */
export interface FailoverOptions {
  readonly client: Library;
  /** Where the picture goes; left out: into the system's folder for temporary files. */
  readonly svg?: string;
  /** On the caller's own servers: how long to play, in s. */
  readonly seconds: number;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const MIN_SECONDS = 5;
const MAX_SECONDS = 600;

function seconds(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= MIN_SECONDS && number <= MAX_SECONDS) return number;
  throw new InvalidArgumentError(`It must be an integer from ${MIN_SECONDS} to ${MAX_SECONDS}.`);
}

function hostPort(text: string): HostPort {
  const { host, port } = /^(?<host>[\w.-]+|\[[\da-fA-F:]+\]):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  if (host && port && Number(port) > 0 && Number(port) < 65_536) {
    return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  }
  throw new InvalidArgumentError("It must be a list such as 10.0.0.1:6379,10.0.0.2:6379.");
}

/** Reads `host:port,host:port`. */
export const hostPorts = (text: string): HostPort[] => text.split(",").map(hostPort);

/** A relative path is one from the folder where the command was typed, wherever that runs. */
function svg(path: string): string {
  const file = resolve(process.env.INIT_CWD ?? process.cwd(), path);
  if (existsSync(dirname(file))) return file;
  throw new InvalidArgumentError("Its folder does not exist.");
}

/** Where the picture goes if the caller does not say. */
export const defaultSvg = (topology: string, library: Library): string =>
  join(tmpdir(), `distlock-${topology.toLowerCase()}-${library}.svg`);

/** A command with the common options. Ends the process on `--help`, and with one sentence on what it does not understand. */
export const failoverCommand = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .addOption(
      new Option("--client <library>", "the client library of all workers").choices(libraries).default("ioredis"),
    )
    .option("--svg <file>", "where the picture goes; default: the system's folder for temporary files", svg)
    .option("--seconds <n>", "on your own servers: how long to play", seconds, 30);

/** "pnpm demo:cluster -- --client ioredis" hands the "--" on. */
export const argsOf = (args: readonly string[]): readonly string[] => (args[0] === "--" ? args.slice(1) : args);
