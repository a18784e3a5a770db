import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import { until } from "../../../../test/support/until";
import { allProcesses } from "../../src/run/processes";
import { type Ended, start } from "./cli";

/** A run of `distlock` that goes on while the test does something. */
export interface Program {
  readonly pid: number;
  readonly child: ReturnType<typeof start>;
  /** What it has printed so far. */
  readonly printed: { readonly stdout: string; readonly stderr: string };
  signal(name: NodeJS.Signals): void;
  /** Resolves when it has printed such a text. Rejects if it ends without. */
  prints(stream: "stdout" | "stderr", text: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<Ended>;
}

const running = new Set<Program>();

/** Starts `distlock`. What still runs after the test is killed. */
export function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = start(args, env);
  const printed = { stdout: "", stderr: "" };
  let wake = () => {};
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      printed[name] += text;
      wake();
    });
  }
  let isOver = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      isOver = true;
      running.delete(program);
      wake();
      resolve({ code, signal, ...printed });
    });
  });
  const program: Program = {
    pid: child.pid!,
    child,
    printed,
    ended,
    signal: (name) => void child.kill(name),
    async prints(stream, text) {
      for (;;) {
        const match = text.exec(printed[stream]);
        if (match) return match;
        if (isOver) throw new Error(`it ended without ${text}: ${JSON.stringify(await ended)}`);
        await new Promise<void>((resolve) => {
          const before = wake;
          wake = () => {
            before();
            resolve();
          };
        });
      }
    },
  };
  running.add(program);
  return program;
}

/** Whether this process has not ended. */
export const isAlive = (pid: number): boolean => allProcesses().some((each) => each.pid === pid && each.state !== "Z");

/** Resolves when none of these processes is alive. */
export const untilGone = (pids: readonly number[]): Promise<void> => until(async () => !pids.some(isAlive));

/** The lines of a file that processes append to. */
export const linesOf = async (file: string): Promise<string[]> =>
  (await readFile(file, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");

/** A folder for the files of a test file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "distlock-run-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Kills what a test that failed has left. */
export function killAfterEach(): void {
  afterEach(async () => {
    for (const { child } of running) {
      const family = allProcesses().filter(({ parent }) => parent === child.pid);
      for (const { pid } of family) process.kill(pid, "SIGKILL");
      child.kill("SIGKILL");
      // Its children may have the other ends.
      child.stdout.destroy();
      child.stderr.destroy();
    }
    await Promise.all([...running].map(({ ended }) => ended));
  });
}
