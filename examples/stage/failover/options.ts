import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { Library } from "../library";
import { clientOption, integer, svgFile } from "../options";
import type { HostPort } from "./servers";

/** The options that both demos with a failover have. */
export interface FailoverOptions {
  readonly client: Library;
  /** The file of the picture; without it, one in the system's folder for temporary files. */
  readonly svg?: string;
  /** On the caller's own servers: how long to play, in s. */
  readonly seconds: number;
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

/** The file of the picture if the caller names none. */
export const defaultSvg = (topology: string, library: Library): string =>
  join(tmpdir(), `distlock-${topology.toLowerCase()}-${library}.svg`);

/** A command with the options that both demos have. */
export const failoverCommand = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .addOption(clientOption("the client library of all workers").default("ioredis"))
    .option("--svg <file>", "where the picture goes; default: the system's folder for temporary files", svgFile)
    .option("--seconds <n>", "on your own servers: how long to play", integer(5, 600), 30);
