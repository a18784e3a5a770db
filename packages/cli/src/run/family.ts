import { allProcesses, type ProcessEntry } from "./processes";
import type { Signal } from "./signals";

/** Sends a signal, to a group if the id is negative. False if there is no such process, or it belongs to another user. */
export function kill(pid: number, signal: Signal): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Whether there is such a process, or such a group if the id is negative. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The command and all that it started, however far. */
export interface Family {
  /** The members that have not ended. */
  alive(): readonly number[];
  /** Sends a signal to each member. */
  signal(signal: Signal): void;
}

/** Finds a process that belongs to a family without a living parent in it. */
type Belongs = (entry: ProcessEntry, all: Table) => boolean;

type Table = ReadonlyMap<number, ProcessEntry>;

/** Adds the processes that belong to the family, or have a parent in it. */
function addRelatives(members: Set<number>, all: Table, belongs: Belongs): void {
  const isRelative = (entry: ProcessEntry): boolean =>
    members.has(entry.parent) ||
    // The first process of a container adopts those whose parents have ended.
    (process.pid === 1 && entry.parent === 1) ||
    belongs(entry, all);
  // A parent may come after its child: so as long as a round finds somebody, there is another one.
  for (let size = -1; size !== members.size; ) {
    size = members.size;
    for (const entry of all.values()) if (entry.pid !== process.pid && isRelative(entry)) members.add(entry.pid);
  }
}

/**
 * Looks for members among all processes. A member whose parent has ended is remembered. `target` is the command, or its group: where the
 * system has no list of processes, it is all that is known.
 */
function createFinder(command: number, target: number, belongs: Belongs): () => readonly number[] {
  let known = new Set([command]);
  return () => {
    const all: Table = new Map(allProcesses().map((entry) => [entry.pid, entry]));
    if (!all.has(process.pid)) return exists(target) ? [command] : [];
    known = new Set([...known].filter((pid) => all.has(pid)));
    addRelatives(known, all, belongs);
    return [...known].filter((pid) => all.get(pid)!.state !== "Z");
  };
}

/** The family of a command that leads a group and a session of its own. */
export function familyOfGroup(leader: number): Family {
  const alive = createFinder(leader, -leader, ({ group, session }) => group === leader || session === leader);
  return {
    alive,
    signal(signal) {
      // A member that left the group is found by its parents, so for as long as they live.
      const members = alive();
      const groups = new Map(allProcesses().map(({ pid, group }) => [pid, group]));
      // The whole group in one step: no member forks in between.
      const isSent = kill(-leader, signal);
      for (const pid of members) if (!isSent || groups.get(pid) !== leader) kill(pid, signal);
    },
  };
}

/**
 * The family of a command that shares the group of this process, and so the terminal. Others may be in the group: the script that
 * calls, and its pipes. `before` are the processes from before the command. Call it before the command starts.
 */
export function familyInOurGroup(): (command: number) => Family {
  const before = new Map(allProcesses().map((entry) => [entry.pid, entry]));
  const ours = before.get(process.pid);
  // A process of the group whose parent is of another session has lost its parent: the system's first process adopted it.
  const isOrphan: Belongs = ({ pid, group, session, parent }, all) =>
    session !== undefined && group === ours?.group && !before.has(pid) && all.get(parent)?.session !== session;
  return (command) => {
    const alive = createFinder(command, command, isOrphan);
    return {
      alive,
      signal(signal) {
        for (const pid of alive()) kill(pid, signal);
      },
    };
  };
}
