import { type ChildProcess, spawn } from "node:child_process";
import { EXIT } from "../exit-codes";
import { Failure } from "../failure";
import { escaped } from "../output/escape";
import { codeOfSignal, type Signal } from "./signals";

/** How the command ended. */
export interface CommandEnd {
  /** Its own, or 128+n. */
  readonly code: number;
  readonly signal: Signal | null;
}

export interface RunningCommand {
  readonly pid: number;
  readonly ended: Promise<CommandEnd>;
}

export interface CommandOptions {
  /** Whether it shares the process group of this process, and so the terminal. */
  readonly foreground: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** An empty name is refused by Node itself. */
const unknown = new Set(["ENOENT", "ERR_INVALID_ARG_VALUE"]);

function refusal(name: string, error: NodeJS.ErrnoException): Failure {
  const shown = JSON.stringify(escaped(name));
  return unknown.has(error.code ?? "")
    ? new Failure(EXIT.notFound.code, `the command ${shown} was not found`, { cause: error })
    : new Failure(EXIT.notExecutable.code, `the command ${shown} could not be executed: ${error.message}`, {
        cause: error,
      });
}

/** Starts the command, without a shell; it inherits the streams of this process. Rejects with a `Failure` if it does not start. */
export async function startCommand(
  [name, ...args]: readonly [string, ...string[]],
  { foreground, env }: CommandOptions,
): Promise<RunningCommand> {
  let child: ChildProcess;
  try {
    child = spawn(name, args, { stdio: "inherit", detached: !foreground, env });
  } catch (error) {
    throw refusal(name, error as NodeJS.ErrnoException);
  }
  const { pid } = child;
  if (pid === undefined) {
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => child.once("error", resolve));
    throw refusal(name, error);
  }
  child.on("error", () => {});
  const ended = new Promise<CommandEnd>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code: code ?? codeOfSignal(signal!), signal }));
  });
  return { pid, ended };
}
