import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { killWithParent } from "./kill-with-parent";
import { send } from "./resp";

/** A server that answers. */
export interface ServerProcess {
  readonly pid: number;
  isGone(): boolean;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** Kills it, and resolves once it is gone. */
  end(): Promise<void>;
}

export interface Launch {
  readonly binary: string;
  readonly args: readonly string[];
  readonly port: number;
  /** Is deleted if this process ends before the server was ended. */
  readonly folder: string;
}

const START_TIMEOUT = 10_000;

/** Whether a server answers PING there, even with an error. */
const answers = (port: number): Promise<boolean> =>
  send(port, ["PING"]).then(
    () => true,
    (error) => /^[A-Z]+ /.test(error.message) && !error.message.startsWith("LOADING"),
  );

/** The last lines that a child prints. */
function printedBy(child: ChildProcess): () => string {
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data) => {
      printed = (printed + data).slice(-4_000);
    });
  }
  return () => printed;
}

async function answered(child: ChildProcess, { binary, port }: Launch): Promise<void> {
  const printed = printedBy(child);
  const gone = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${binary} ended with ${code} before it answered:\n${printed()}`)));
  });
  gone.catch(() => {});
  const until = performance.now() + START_TIMEOUT;
  while (!(await Promise.race([answers(port), gone]))) {
    if (performance.now() > until)
      throw new Error(`${binary} did not answer within ${START_TIMEOUT} ms:\n${printed()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Starts a server and resolves when it answers. Rejects with its output if it does not, and leaves no process. */
export async function launchServer(launch: Launch): Promise<ServerProcess> {
  const child = spawn(launch.binary, launch.args, { stdio: ["ignore", "pipe", "pipe"] });
  const release = killWithParent(child, launch.folder);
  const isGone = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

  async function end(): Promise<void> {
    release();
    if (isGone()) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  try {
    await answered(child, launch);
  } catch (error) {
    await end();
    throw error;
  }
  return { pid: child.pid!, isGone, signal: (name) => void child.kill(name), end };
}
