import { ARRIVAL, type Machine } from "../engine/machine";
import { idOf } from "../id";
import type { World } from "../world";

const PERIOD = 50;
/** With more keys than this, the observer looks at the keys that are held or waited for. */
const MANY = 1_000;
const LONG_PERIOD = 500;
/** How long a cycle may last, in ms: a call that has lost one of its keys, and is granted the next one, soon releases it. */
const BRIEF = 1_000;
/** How long a waiter may be missing from its queue, in ms: it learns so from the next heartbeat. */
const LEARNT = 3_000;

const nobody: ReadonlyMap<string, number> = new Map();

/** Looks at the server from outside: no process takes part. */
export interface Observer {
  /** How long the longest lease still lasts, in ms. */
  longestLease(): number;
  /** Asks the server what it still has, and records the keys that are held and the queues that have waiters. */
  leave(): void;
}

export function observe(world: World, machine: Machine): Observer {
  const { server, engine, keys, record } = world;
  let deadlockedSince = Number.POSITIVE_INFINITY;
  const strandedSince = new Map<string, number>();

  const queueOf = (key: string): ReadonlyMap<string, number> => {
    const queue = server.memory.states.get(key)?.queue;
    return queue === undefined || queue.data.until <= server.wall ? nobody : queue.data.tickets;
  };

  const period = keys.length > MANY ? LONG_PERIOD : PERIOD;
  let busy: readonly string[] = keys.length > MANY ? [] : keys;

  /** The keys that are held or waited for. One that no longer is comes once more, so that the history shows that it is free. */
  function findBusy(): readonly string[] {
    const isBusy = (key: string) => server.holder(key) !== undefined || queueOf(key).size > 0;
    const last = new Set(busy);
    busy = [...server.memory.states.keys()].filter(isBusy);
    return [...new Set([...last, ...busy])];
  }

  function see(): void {
    const at = engine.now;
    const looked = keys.length > MANY ? findBusy() : keys;
    const seen = looked.map((key) => {
      const token = server.holder(key);
      return [key, { id: token === undefined ? null : idOf(token, key), waiting: queueOf(key).size }];
    });
    record({ what: "seen", from: at, at, keys: Object.fromEntries(seen) });
    const cycle = world.isCalm ? findCycle(looked) : undefined;
    deadlockedSince = cycle ? Math.min(deadlockedSince, at) : Number.POSITIVE_INFINITY;
    if (cycle && at - deadlockedSince > BRIEF) record({ what: "deadlocked", at, keys: cycle });
    if (world.isCalm) findStranded(at);
    machine.clock.after(period, see, true);
  }

  /** Follows each held key to the key for which its holder waits, until a holder waits for none or the first key comes again. */
  function findCycle(looked: readonly string[]): readonly string[] | undefined {
    const waitsFor = new Map<string, string>();
    for (const key of looked) for (const token of queueOf(key).keys()) waitsFor.set(token, key);
    for (const first of looked) {
      const path = [first];
      for (;;) {
        const holder = server.holder(path.at(-1)!);
        const next = holder === undefined ? undefined : waitsFor.get(holder);
        if (next === undefined || path.length > looked.length) break;
        if (next === first && path.length > 1) return path;
        path.push(next);
      }
    }
    return undefined;
  }

  /** Records each waiter that has been without a place in a queue for longer than it takes to learn so. */
  function findStranded(at: number): void {
    for (const { name: worker, course, machine: own } of world.processes) {
      const standsStill = own.pausedUntil > at || own.busyUntil > at;
      for (const token of own.isDead ? [] : course.queued) {
        const places = course.keysOf(token);
        const isThere = places.some((key) => server.holder(key) === token || queueOf(key).has(token));
        if (isThere || standsStill) strandedSince.delete(token);
        else if (!strandedSince.has(token)) strandedSince.set(token, at);
        else if (at - strandedSince.get(token)! > LEARNT) {
          record({ what: "stranded", at, key: places.join(), id: idOf(token, places[0]!), worker });
          strandedSince.set(token, Number.POSITIVE_INFINITY);
        }
      }
    }
  }

  async function leave(): Promise<void> {
    const names: string[] = [];
    for (const key of keys.length > MANY ? [...server.memory.states.keys()] : keys) {
      const { held, waiting } = await server.driver.inspect(key);
      if (held) names.push(key);
      if (waiting > 0) names.push(`the queue of ${key}`);
    }
    record({ what: "left", at: engine.now, names });
  }

  machine.clock.after(period, see, true);
  return {
    longestLease: () =>
      Math.max(0, ...[...server.memory.states.values()].map(({ lease }) => (lease?.until ?? 0) - server.wall)),
    leave: () => void engine.at(engine.now, server.machine, ARRIVAL, () => void leave()),
  };
}
