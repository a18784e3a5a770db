import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedisServer } from "./binary";
import { killWithParent } from "./kill-with-parent";
import { freePort } from "./port";
import { type Reply, send } from "./resp";

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
  /** Sends one command on a connection of its own. Rejects with what the server says where it refuses, or does not answer. */
  command(...args: readonly string[]): Promise<Reply>;
  /** Sends a signal: `"SIGKILL"` for a crash (resolves once it is gone), `"SIGSTOP"` and `"SIGCONT"` for a freeze. */
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void>;
  /** Starts it again, on the same port and folder, after a crash. Rejects while it runs. */
  restart(): Promise<void>;
  /** Ends the process and deletes its folder. */
  stop(): Promise<void>;
}

const START_TIMEOUT = 10_000;

/** Whether a server answers PING there, whatever it answers. */
const answers = (port: number): Promise<boolean> =>
  send(port, ["PING"]).then(
    () => true,
    (error) => /^[A-Z]+ /.test(error.message) && !error.message.startsWith("LOADING"),
  );

/** How often a port that was free, or the one that a Cluster's node adds to it, may be taken before the server has it. */
const TRIES = 3;

/** Starts a server and resolves when it answers. Rejects with what it printed if it does not start. */
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

/** The same, with the settings of a file that the server itself may rewrite. */
export async function startServer(options: RedisServerOptions & { readonly file?: string }): Promise<RedisServer> {
  const { port: wanted, args = [], file } = options;
  const binary = findRedisServer();
  const folder = await mkdtemp(join(tmpdir(), "distlock-redis-"));
  const port = wanted ?? (await freePort());
  const files = file === undefined ? [] : [join(folder, "server.conf")];
  for (const path of files) await writeFile(path, file!);
  let child: ChildProcess;
  let frozen = false;
  let release: () => void = () => {};

  async function launch(): Promise<void> {
    const settings = [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--dir",
      folder,
      "--save",
      "",
      "--daemonize",
      "no",
    ];
    child = spawn(binary, [...files, ...settings, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    child.stdout?.on("data", (data) => {
      printed = (printed + data).slice(-4_000);
    });
    child.stderr?.on("data", (data) => {
      printed = (printed + data).slice(-4_000);
    });
    const gone = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`${binary} ended with ${code} before it answered:\n${printed}`)));
    });
    gone.catch(() => {});
    release = killWithParent(child, folder);
    const until = performance.now() + START_TIMEOUT;
    while (!(await Promise.race([answers(port), gone]))) {
      if (performance.now() > until)
        throw new Error(`${binary} did not answer within ${START_TIMEOUT} ms:\n${printed}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;

  async function end(): Promise<void> {
    release();
    frozen = false;
    if (isGone()) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  try {
    await launch();
  } catch (error) {
    await end();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    host: "127.0.0.1",
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    get pid() {
      return child.pid!;
    },
    get running() {
      return !frozen && !isGone();
    },
    command: (...args) => send(port, args),
    async signal(name) {
      if (name === "SIGKILL") return end();
      frozen = name === "SIGSTOP";
      child.kill(name);
    },
    async restart() {
      if (!isGone()) throw new Error("the server still runs: kill it first");
      await launch();
    },
    async stop() {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
