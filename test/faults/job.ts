import { type Lock, LockError, type Locker, type LockOptions } from "@distlock/core";
import { monotonic } from "./clock";
import type { Event } from "./event";
import { idOf } from "./id";
import type { Looker } from "./looker";
import type { Moments } from "./moments";
import { pause } from "./pause";
import type { Random } from "./random";
import type { Store } from "./store";

export interface Workplace {
  readonly worker: string;
  readonly keys: readonly string[];
  /** The keys of jobs that run once per period. Nothing else uses them. */
  readonly jobs: readonly string[];
  readonly random: Random;
  readonly locker: Locker;
  readonly store: Store;
  readonly looker: Looker;
  readonly moments: Moments;
  record(event: Event): void;
  /** No more faults: a wait is then given the time that it needs. */
  isCalm(): boolean;
}

const ttls = [300, 600, 1_200] as const;
const PATIENCE = 30_000;
const GIVEN_UP = "given up";
let calls = 0;

/** The number of the next call of this process. */
export const nextCall = (): number => ++calls;

/** One lock, from the wish to have it until it is released or lost. */
export async function job(workplace: Workplace): Promise<void> {
  const { worker, keys, random, locker, record, isCalm } = workplace;
  const key = random.pick(keys);
  const ttl = random.pick(ttls);
  const how = random.pick(["acquire", "acquire", "withLock", "withLock", "tryAcquire"] as const);
  const keep = how === "withLock" ? "autoExtend" : random.pick(["autoExtend", "extend", "expire"] as const);
  const retries = random.chance(20);
  const giveUpAfter = random.chance(20) ? random.int(1, 1_000) : undefined;
  const timeout = random.int(500, 4_000);
  const options: LockOptions = {
    ttl,
    timeout: isCalm() ? PATIENCE : timeout,
    autoExtend: keep === "autoExtend",
    ...(retries && { wait: "retry", maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 20 }),
    ...(giveUpAfter !== undefined && { signal: giveUp(giveUpAfter) }),
  };
  const call = nextCall();
  let isGranted = false;

  async function work(lock: Lock): Promise<void> {
    isGranted = true;
    const at = monotonic();
    const remaining = lock.remaining();
    record({ what: "granted", at, worker, call, key, id: idOf(lock.token), fence: lock.fence, remaining });
    await hold(workplace, lock, { ttl, keep, releases: how !== "withLock" });
  }

  record({ what: "calls", at: monotonic(), worker, call, key, queues: how !== "tryAcquire" && !retries });
  try {
    if (how === "withLock") await locker.withLock(key, options, work);
    else {
      const lock = how === "acquire" ? await locker.acquire(key, options) : await locker.tryAcquire(key, options);
      if (lock) await work(lock);
      else record({ what: "refused", at: monotonic(), worker, call, why: "held" });
    }
  } catch (error) {
    const why = LockError.is(error) ? error.code : String(error);
    if (!isGranted) record({ what: "refused", at: monotonic(), worker, call, why });
    const expected = isGranted ? ["LOCK_LOST"] : ["LOCK_NOT_ACQUIRED", "LOCK_BACKEND", GIVEN_UP];
    if (!expected.includes(why)) throw error;
  }
}

function giveUp(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(GIVEN_UP), ms);
  return controller.signal;
}

/** Reads and writes the store while the lock lasts. */
export async function hold(
  { worker, random, store, looker, moments, record }: Workplace,
  lock: Lock,
  {
    ttl,
    keep,
    releases,
  }: { readonly ttl: number; readonly keep: "autoExtend" | "extend" | "expire"; readonly releases: boolean },
): Promise<void> {
  const { key, fence, token } = lock;
  const id = idOf(token);
  const listens = keep !== "extend" && random.chance(50);
  const unwatch = looker.watch(lock, listens ? "listen" : "look");
  // A careless worker goes on when the lock is lost: then the store must refuse.
  const careless = random.chance(30);
  const until =
    monotonic() + (random.int(0, random.pick(keep === "autoExtend" ? [20, 100, 300] : [20, 20, 250])) / 100) * ttl;
  const { signal } = listens ? lock : {};
  const goesOn = () => monotonic() < until && (careless || (listens ? !signal!.aborted : lock.isHeld));
  let extendAt = monotonic() + ttl / 3;

  do {
    const state = await store.open(key, fence);
    moments.reach("holding", token, ttl);
    await pause(random.int(0, 30));
    const entry = { fence, state: (state ?? -1) + 1, id };
    const taken = state !== undefined && (await store.write(key, entry));
    record({ what: "wrote", at: monotonic(), key, taken, ...entry });
    if (keep === "extend" && monotonic() > extendAt && lock.isHeld) {
      await lock.extend(random.chance(20) ? 2 * ttl : undefined).catch(onlyLockErrors);
      extendAt = monotonic() + ttl / 3;
    }
    await pause(random.int(0, 50));
  } while (goesOn());

  if (keep === "expire" && random.chance(30)) return; // its lease ends by itself
  const unlook = looker.watch(lock, "look");
  looker.look();
  unlook();
  unwatch();
  record({ what: "releases", at: monotonic(), worker, id });
  if (!releases) return;
  if (random.chance(50)) await lock.release().catch(onlyLockErrors);
  else await lock[Symbol.asyncDispose]();
}

function onlyLockErrors(error: unknown): void {
  if (!LockError.is(error) || !/LOCK_(LOST|BACKEND)/.test(error.code)) throw error;
}
