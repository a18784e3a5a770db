import { LockError } from "../../../packages/core/src/driver/errors";
import { idOf } from "../id";
import { type AnyLock, idsOf, keysOf } from "./looker";
import type { Workplace } from "./workplace";

export type Keep = "autoExtend" | "extend" | "expire";

export interface Holding {
  readonly ttl: number;
  readonly keep: Keep;
  /** Whether the work releases the lock itself. */
  readonly releases: boolean;
}

/** For how long work computes without a pause, at most, in ms: longer than a claim. */
const BLOCKED = 4_000;

const fenceOf = (lock: AnyLock, key: string): number => ("fences" in lock ? lock.fences.get(key)! : lock.fence);

/** Reads and writes the store while the lock lasts, and sometimes longer. */
export async function hold(workplace: Workplace, lock: AnyLock, { ttl, keep, releases }: Holding): Promise<void> {
  const { worker, engine, random, looker, record, pause, scenario, course } = workplace;
  const listens = keep !== "extend" && random.chance(50);
  const unwatch = looker.watch(lock, listens ? "listen" : "look");
  // Careless work goes on when the lock is lost. The store must then refuse its writes.
  const careless = random.chance(30);
  const length = (random.int(0, random.pick(scenario.holds)) / 100) * ttl;
  const until = engine.now + (workplace.isCalm() ? Math.min(length, 400) : length);
  const { signal } = listens ? lock : {};
  const goesOn = () => engine.now < until && (careless || (listens ? !signal!.aborted : lock.isHeld));
  let extendAt = engine.now + ttl / 3;
  // Some holders extend once, and then let the lease run out.
  const extensions = random.pick([1, 2, Number.POSITIVE_INFINITY]);
  let extended = 0;
  if (random.chance(scenario.blocks)) workplace.block(random.int(10, BLOCKED));

  do {
    await turn(workplace, lock);
    if (keep === "extend" && engine.now > extendAt && extended < extensions && lock.isHeld) {
      extended++;
      await lock.extend(random.pick([undefined, undefined, undefined, 2 * ttl, ttl / 10])).catch(onlyLost);
      extendAt = engine.now + ttl / 3;
    }
    await pause(random.int(5, scenario.pause ?? 120));
  } while (goesOn());

  if (keep === "expire" && random.chance(30)) return; // its lease ends by itself
  if (scenario.leaves !== undefined && random.chance(scenario.leaves)) return;
  const unlook = looker.watch(lock, "look");
  looker.look();
  unlook();
  unwatch();
  for (const id of idsOf(lock)) record({ what: "releases", at: engine.now, worker, id });
  course.left(lock.token);
  if (!releases) return;
  const since = engine.now;
  const disowned = (error: unknown) => {
    onlyLost(error);
    if (LockError.is(error) && error.code === "LOCK_LOST")
      for (const id of idsOf(lock)) record({ what: "disowned", at: engine.now, worker, id, since });
  };
  if (random.chance(50)) await lock.release().catch(disowned);
  else await lock[Symbol.asyncDispose]();
}

/** For each key of the lock: reads the number in the store, and writes the next one. */
async function turn({ store, machine, random, engine, record, pause }: Workplace, lock: AnyLock): Promise<void> {
  for (const key of keysOf(lock)) {
    const fence = fenceOf(lock, key);
    const state = await store.open(machine, key, fence);
    if (random.chance(30)) await pause(random.int(0, 60));
    const entry = { fence, state: (state ?? -1) + 1, id: idOf(lock.token, key) };
    const taken = state !== undefined && (await store.write(machine, key, entry));
    record({ what: "wrote", at: engine.now, key, taken, ...entry });
  }
}

function onlyLost(error: unknown): void {
  if (!LockError.is(error) || !/LOCK_(LOST|BACKEND)/.test(error.code)) throw error;
}
