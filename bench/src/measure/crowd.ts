import type { ContestantId } from "../contestants/contestants";
import { type LibraryWorker, startLibraryWorker } from "../worker/start-library-worker";
import type { Grant, HotKey } from "../worker/tasks";
import { within } from "./within";

/** Processes that fight for one key; kept from run to run, and replaced by new ones when a run fails. */
export interface Crowd {
  /** Returns all grants of all processes, in no order. Rejects when a process fails, or nothing ends within 90 s. */
  fight(fight: Fight): Promise<Grant[]>;
  end(): Promise<void>;
}

export interface Fight {
  readonly contestant: ContestantId;
  readonly port: number;
  readonly processes: number;
  /** Waiters per process. */
  readonly hotKey: HotKey;
  /** After so many grants nobody asks again. */
  readonly grants: number;
  /** Called between the preparations and the first request. */
  readonly onReady: () => Promise<unknown>;
  /** Called after the last release. */
  readonly onDone: () => Promise<unknown>;
}

const LONGEST = 90_000;

export function createCrowd(): Crowd {
  let workers: LibraryWorker[] = [];

  async function end(): Promise<void> {
    await Promise.all(workers.map((worker) => worker.end()));
    workers = [];
  }

  async function fight({ contestant, port, processes, hotKey, grants, onReady, onDone }: Fight): Promise<Grant[]> {
    while (workers.length < processes) workers.push(startLibraryWorker());
    const fighting = workers.slice(0, processes);
    await Promise.all(fighting.map((worker) => worker.open(contestant, port)));
    await onReady();
    let granted = 0;
    for (const worker of fighting) {
      worker.onGrant = () => {
        if (++granted === grants) for (const { stop } of fighting) void stop();
      };
    }
    const lists = await Promise.all(fighting.map((worker) => worker.contend(hotKey)));
    await onDone();
    await Promise.all(fighting.map((worker) => worker.close()));
    return lists.flatMap((list, process) => list.map((grant) => ({ process, ...grant })));
  }

  return {
    async fight(wanted) {
      try {
        return await within(LONGEST, "a run", fight(wanted));
      } catch (error) {
        await end();
        throw error;
      }
    },
    end,
  };
}
