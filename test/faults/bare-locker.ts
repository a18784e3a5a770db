import { randomUUID } from "node:crypto";
import type { Keys, Lock, Locker, LockOf } from "@distlock/core";

/** Grants every request: a round without locks. */
export function bareLocker(): Locker {
  const grant = (key: string): Lock => ({
    key,
    token: randomUUID(),
    fence: 1,
    signal: new AbortController().signal,
    isHeld: true,
    remaining: () => 1_000,
    extend: async () => {},
    release: async () => {},
    [Symbol.asyncDispose]: async () => {},
  });
  const acquire = async <K extends Keys>(key: K) => grant(String(key)) as LockOf<K>;
  return {
    acquire,
    tryAcquire: acquire,
    withLock: async (key: Keys, ...rest: unknown[]) => (rest.at(-1) as (lock: Lock) => never)(grant(String(key))),
    once: async (key, _options, work) => ({ ran: true, value: await work(grant(key)) }),
    inspect: async () => ({ held: false, remaining: 0, fence: 0, waiting: 0, holder: null, waiters: [] }),
    forceRelease: async () => false,
    close: async () => {},
  };
}
