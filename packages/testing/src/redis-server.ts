import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedisServer } from "./binary";
import { freePort } from "./port";
import { type Reply, send } from "./resp";
import { launchServer, type ServerProcess } from "./server-process";

export interface RedisServerOptions {
  /** Default: a free one. */
  port?: number;
  /** More settings, as on the command line: `["--appendonly", "yes"]`. */
  args?: readonly string[];
}

/** A real, empty server of its own, on 127.0.0.1. It dies with this process, whatever ends that. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Process id of the running server. */
  readonly pid: number;
  /** Folder of its files, deleted by `stop`. */
  readonly folder: string;
  /** False while it is killed or frozen. */
  readonly running: boolean;
  /** Sends one command on a connection of its own. Rejects with the error of a server that refuses, or if it does not answer. */
  command(...args: readonly string[]): Promise<Reply>;
  /** Sends a signal: `"SIGKILL"` for a crash (resolves once it is gone), `"SIGSTOP"` and `"SIGCONT"` for a freeze. */
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void>;
  /** Starts it again, on the same port and folder, after a crash. Rejects while it runs. */
  restart(): Promise<void>;
  /** Ends the process and deletes its folder. */
  stop(): Promise<void>;
}

/** How often a port that was free, or the one that a Cluster's node adds to it, may be taken before the server has it. */
const TRIES = 3;

/** Starts a server and resolves when it answers. Rejects with its output if it does not start. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  for (let tries = 1; ; tries++) {
    try {
      return await startServer(options);
    } catch (error) {
      const isTaken = error instanceof Error && error.message.includes("Address already in use");
      if (!isTaken || options.port !== undefined || tries === TRIES) throw error;
    }
  }
}

/** Like `startRedis`, with the settings of a file that the server itself may rewrite. */
export async function startServer(options: RedisServerOptions & { readonly file?: string }): Promise<RedisServer> {
  const { port: wanted, args = [], file } = options;
  const binary = findRedisServer();
  const folder = await mkdtemp(join(tmpdir(), "distlock-redis-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const port = wanted ?? (await freePort());
  const files = file === undefined ? [] : [join(folder, "server.conf")];
  for (const path of files) await writeFile(path, file!);
  const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  const settings = [...files, ...place, "--save", "", "--daemonize", "no", ...args];
  const launch = () => launchServer({ binary, args: settings, port, folder });

  let isFrozen = false;
  let server: ServerProcess;
  try {
    server = await launch();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    host: "127.0.0.1",
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    get pid() {
      return server.pid;
    },
    get running() {
      return !isFrozen && !server.isGone();
    },
    command: (...sent) => send(port, sent),
    async signal(name) {
      isFrozen = name === "SIGSTOP";
      if (name === "SIGKILL") return server.end();
      server.signal(name);
    },
    async restart() {
      if (!server.isGone()) throw new Error("the server still runs: kill it first");
      server = await launch();
    },
    async stop() {
      await server.end();
      await remove();
    },
  };
}
