import { AsyncResource } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { LockBackendError, type Locker } from "@distlock/core";

type Tell = (outage: LockBackendError) => void;

/** For how long Redis may stay silent before the waits end, in ms. */
export const SILENCE = 5_000;

/** How often it looks, and how long an answer may take, in ms. */
const LOOK = 500;

/** The watch outlives the first wait, and must not keep the async context of that wait in memory. */
const outside = new AsyncResource("distlock.outages");

const unref = { ref: false };

/** Redis error codes are the first word of the message in every client. */
const isAnswer = (error: unknown): boolean =>
  !LockBackendError.is(error) || (error.cause instanceof Error && /^[A-Z][A-Z0-9]+ /.test(error.cause.message));

/**
 * Whether Redis does not answer for the key; a refusal is an answer. After a stall of the event loop, it first reads the answers
 * that have arrived.
 */
async function isSilent(locker: Locker, key: string): Promise<boolean> {
  const look = async () => locker.inspect(key);
  const looked = look().then(
    () => false,
    (error) => !isAnswer(error),
  );
  const late = sleep(LOOK, true, unref).then(() => new Promise<true>((resolve) => setImmediate(resolve, true)));
  return Promise.race([looked, late]);
}

function createWatch(locker: Locker): (key: string, tell: Tell) => () => void {
  const waits = new Map<string, Set<Tell>>();
  const suspects = new Set<string>();
  let looking = false;

  /** Checks one key after the other, so that many keys cost no more than one; checks all of them when one is not answered. */
  async function look(): Promise<void> {
    looking = true;
    for (;;) {
      await sleep(LOOK, undefined, unref);
      if (waits.size === 0) break;
      const key = [...waits.keys()].find((each) => !suspects.has(each));
      if (key === undefined) continue;
      const told = waits.get(key)!;
      waits.delete(key);
      waits.set(key, told); // as the last
      const since = performance.now();
      if (await isSilent(locker, key)) for (const each of waits.keys()) void suspect(each, since);
    }
    looking = false;
  }

  /** Checks this key until Redis answers, or has been silent for too long. */
  async function suspect(key: string, since: number): Promise<void> {
    if (suspects.has(key)) return;
    suspects.add(key);
    while (waits.has(key)) {
      await sleep(LOOK / 2, undefined, unref);
      const sent = performance.now();
      if (!(await isSilent(locker, key))) break;
      if (sent - since < SILENCE - LOOK) continue;
      const silence = Math.round(performance.now() - since);
      const what = `Redis did not answer for ${silence} ms while a turn waited for its lock`;
      const outage = new LockBackendError(key, `${what}: check that Redis is reachable, and the client's error events`);
      for (const tell of waits.get(key) ?? []) tell(outage);
    }
    suspects.delete(key);
  }

  return (key, tell) => {
    const told = waits.get(key) ?? new Set();
    waits.set(key, told.add(tell));
    if (!looking) outside.runInAsyncScope(() => void look());
    return () => {
      told.delete(tell);
      if (told.size === 0 && waits.get(key) === told) waits.delete(key);
    };
  };
}

const watches = new WeakMap<Locker, ReturnType<typeof createWatch>>();

/**
 * Calls `tell` when Redis has not answered for this key for about 5 s, unless the function that it returns was called
 * before. A locker that watches costs two commands a second, however many keys there are.
 */
export function watchOutages(locker: Locker, key: string, tell: Tell): () => void {
  const watch = watches.get(locker) ?? createWatch(locker);
  watches.set(locker, watch);
  return watch(key, tell);
}
