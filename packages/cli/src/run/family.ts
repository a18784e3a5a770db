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

/** The command and all that it started, however far. */
export interface Family {
  /** The members that have not ended. */
  alive(): readonly number[];
  /** Sends a signal to each member. */
  signal(signal: Signal): void;
}

/** Finds a process that belongs to a family without a living parent in it. */
type Belongs = (entry: ProcessEntry, all: ReadonlyMap<number, ProcessEntry>) => boolean;

/** Looks for members among all processes. A member whose parent has ended is remembered. */
function createFinder(command: number, belongs: Belongs): () => readonly number[] {
  let known = new Set([command]);
  return () => {
    const all = new Map(allProcesses().map((entry) => [entry.pid, entry]));
    const members = new Set([...known].filter((pid) => all.has(pid)));
    // A parent may come after its child: so as long as a round finds somebody, there is another one.
    for (let size = -1; size !== members.size; ) {
      size = members.size;
      for (const entry of all.values()) {
        // The first process of a container adopts those whose parents have ended.
        const isChild = members.has(entry.parent) || (process.pid === 1 && entry.parent === 1);
        if (entry.pid !== process.pid && (isChild || belongs(entry, all))) members.add(entry.pid);
      }
    }
    known = members;
    return [...members].filter((pid) => all.get(pid)!.state !== "Z");
  };
}

/** The family of a command that leads a group and a session of its own. */
export function familyOfGroup(leader: number): Family {
  const alive = createFinder(leader, ({ group, session }) => group === leader || session === leader);
  return {
    alive,
    signal(signal) {
      // At first the whole group in one step, so that no member forks in between; then members that left the group.
      const isSent = kill(-leader, signal);
      const all = allProcesses();
      const inGroup = new Set(isSent ? all.filter(({ group }) => group === leader).map(({ pid }) => pid) : []);
      for (const pid of alive()) if (!inGroup.has(pid)) kill(pid, signal);
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
    const alive = createFinder(command, isOrphan);
    return {
      alive,
      signal(signal) {
        for (const pid of alive()) kill(pid, signal);
      },
    };
  };
}
