import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process of this machine. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** `undefined` if the system does not say it. */
  readonly session: number | undefined;
  /** `"T"`: stopped, as by Ctrl-Z. `"Z"`: ended, and its parent has not read its exit code yet. */
  readonly state: string;
}

/** The name of a program is between round brackets, and may have any character in it. */
const stat = /^(\d+) \(.*\) (\S) (\d+) (\d+) (\d+) /s;

function fromLinux(pid: string): ProcessEntry | undefined {
  try {
    const [, id, state, parent, group, session] = stat.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))!;
    return { pid: Number(id), parent: Number(parent), group: Number(group), session: Number(session), state: state! };
  } catch {
    return undefined; // it has ended meanwhile
  }
}

function fromPs(args: readonly string[]): ProcessEntry[] {
  try {
    const lines = execFileSync("ps", [...args, "-o", "pid=,ppid=,pgid=,stat="], { encoding: "utf8", stdio: "pipe" });
    return lines.split("\n").flatMap((line) => {
      const [pid, parent, group, state] = line.trim().split(/\s+/);
      if (!state) return [];
      return [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: undefined, state: state[0]! }];
    });
  } catch {
    return []; // there is no ps, or no such process
  }
}

const isLinux = process.platform === "linux";

function processIds(): readonly string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** All processes that this process sees. None, not even itself, if the system has no list of them. */
export const allProcesses = (): readonly ProcessEntry[] =>
  isLinux ? processIds().flatMap((id) => fromLinux(id) ?? []) : fromPs(["-A"]);

/** Whether this process is stopped, as by Ctrl-Z. */
export const isStopped = (pid: number): boolean =>
  (isLinux ? fromLinux(String(pid)) : fromPs(["-p", String(pid)])[0])?.state === "T";
