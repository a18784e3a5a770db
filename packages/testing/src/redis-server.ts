import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedisServer } from "./binary";
import { killWithParent } from "./kill-with-parent";

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
  /** Sends a signal: `"SIGKILL"` for a crash (resolves once it is gone), `"SIGSTOP"` and `"SIGCONT"` for a freeze. */
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void>;
  /** Starts it again, on the same port and folder, after a crash. Rejects while it runs. */
  restart(): Promise<void>;
  /** Ends the process and deletes its folder. */
  stop(): Promise<void>;
}

const START_TIMEOUT = 10_000;

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}

/** Whether a server answers PING there, whatever it answers. */
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once("data", (data) => end(!data.toString().startsWith("-LOADING")));
    socket.once("error", () => end(false));
  });

/** Starts a server and resolves when it answers. Rejects with what it printed if it does not start. */
export async function startRedis({ port: wanted, args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
  const binary = findRedisServer();
  const folder = await mkdtemp(join(tmpdir(), "distlock-redis-"));
  const port = wanted ?? (await freePort());
  let child: ChildProcess;
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
    child = spawn(binary, [...settings, ...args], { stdio: ["ignore", "pipe", "pipe"] });
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

  async function end(): Promise<void> {
    release();
    if (child.exitCode !== null || child.signalCode !== null) return;
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
    async signal(name) {
      if (name === "SIGKILL") await end();
      else child.kill(name);
    },
    async restart() {
      if (child.exitCode === null && child.signalCode === null) throw new Error("the server still runs: kill it first");
      await launch();
    },
    async stop() {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
