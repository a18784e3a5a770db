import { ARRIVAL, type Machine } from "../engine/machine";
import { idOf } from "../id";
import type { World } from "../world";

const PERIOD = 50;
/** How long a cycle may last, in ms: a call that has lost one of its keys, and is granted the next one, soon releases it. */
const BRIEF = 1_000;
/** How long a waiter may be missing from its queue, in ms: it learns so from the next heartbeat. */
const LEARNT = 3_000;

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

  const queueOf = (key: string) => {
    const queue = server.memory.states.get(key)?.queue;
    return queue === undefined || queue.data.until <= server.wall ? [] : [...queue.data.tickets.keys()];
  };

  function see(): void {
    const at = engine.now;
    const seen = keys.map((key) => {
      const token = server.holder(key);
      return [key, { id: token === undefined ? null : idOf(token, key), waiting: queueOf(key).length }];
    });
    record({ what: "seen", from: at, at, keys: Object.fromEntries(seen) });
    const cycle = world.isCalm ? findCycle() : undefined;
    deadlockedSince = cycle ? Math.min(deadlockedSince, at) : Number.POSITIVE_INFINITY;
    if (cycle && at - deadlockedSince > BRIEF) record({ what: "deadlocked", at, keys: cycle });
    if (world.isCalm) findStranded(at);
    machine.clock.after(PERIOD, see, true);
  }

  /** Follows each held key to the key for which its holder waits, until a holder waits for none or the first key comes again. */
  function findCycle(): readonly string[] | undefined {
    const waitsFor = new Map<string, string>();
    for (const key of keys) for (const token of queueOf(key)) waitsFor.set(token, key);
    for (const first of keys) {
      const path = [first];
      for (;;) {
        const holder = server.holder(path.at(-1)!);
        const next = holder === undefined ? undefined : waitsFor.get(holder);
        if (next === undefined || path.length > keys.length) break;
        if (next === first && path.length > 1) return path;
        path.push(next);
      }
    }
    return undefined;
  }

  /** Records each waiter that has been without a place in a queue for longer than it takes to learn so. */
  function findStranded(at: number): void {
    for (const { name: worker, course, machine: own } of world.processes) {
      for (const token of own.isDead ? [] : course.queued) {
        const places = course.keysOf(token);
        const isThere = places.some((key) => server.holder(key) === token || queueOf(key).includes(token));
        if (isThere) strandedSince.delete(token);
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
    for (const key of keys) {
      const { held, waiting } = await server.driver.inspect(key);
      if (held) names.push(key);
      if (waiting > 0) names.push(`the queue of ${key}`);
    }
    record({ what: "left", at: engine.now, names });
  }

  machine.clock.after(PERIOD, see, true);
  return {
    longestLease: () =>
      Math.max(0, ...[...server.memory.states.values()].map(({ lease }) => (lease?.until ?? 0) - server.wall)),
    leave: () => void engine.at(engine.now, server.machine, ARRIVAL, () => void leave()),
  };
}
