import type { StoreEntry } from "../../faults/event";
import type { Random } from "../../faults/random";
import type { Engine } from "../engine/engine";
import { ARRIVAL, type Machine } from "../engine/machine";
import { between } from "../engine/random";

interface Kept {
  fence: number;
  state: number;
  readonly log: StoreEntry[];
}

/**
 * The store that the locks protect: one number per key. No fault meets it. It refuses a fence below the highest that it has seen,
 * even from a reader: otherwise an earlier holder could change a number after a later holder has read it.
 */
export interface Store {
  readonly kept: ReadonlyMap<string, Kept>;
  /** Resolves with the number, or with `undefined` if the fence is refused. */
  open(from: Machine, key: string, fence: number): Promise<number | undefined>;
  /** Resolves with whether the write was taken. */
  write(from: Machine, key: string, entry: StoreEntry): Promise<boolean>;
}

const DELAY = [0.5, 8] as const;

export function createStore(engine: Engine, random: Random, machine: Machine): Store {
  const kept = new Map<string, Kept>();

  function keptOf(key: string): Kept {
    const known = kept.get(key) ?? { fence: 0, state: 0, log: [] };
    kept.set(key, known);
    return known;
  }

  const exchange = <T>(from: Machine, run: () => T): Promise<T> =>
    new Promise((resolve) => {
      engine.at(engine.now + between(random, ...DELAY), machine, ARRIVAL, () => {
        const reply = run();
        engine.at(engine.now + between(random, ...DELAY), from, ARRIVAL, () => resolve(reply));
      });
    });

  function takes(one: Kept, fence: number): boolean {
    if (fence < one.fence) return false;
    one.fence = fence;
    return true;
  }

  return {
    kept,
    open: (from, key, fence) =>
      exchange(from, () => {
        const one = keptOf(key);
        return takes(one, fence) ? one.state : undefined;
      }),
    write: (from, key, entry) =>
      exchange(from, () => {
        const one = keptOf(key);
        if (!takes(one, entry.fence)) return false;
        one.state = entry.state;
        one.log.push(entry);
        return true;
      }),
  };
}
