import { randomUUID } from "node:crypto";
import { type Leases, LockError } from "@distlock/core";
import { warn } from "@distlock/core/driver";
import { assertLeases } from "../../support/assert-leases";
import { boundProxy } from "../../support/bound-proxy";
import { frameworkKey } from "../framework-key";

/** The Chat SDK's `Lock`. `expiresAt` is a time of this process's wall clock, as that interface wants it. */
export interface StateLock {
  threadId: string;
  token: string;
  expiresAt: number;
}

/** The part of the Chat SDK's `StateAdapter` that locks threads. */
export interface StateLocks {
  acquireLock(threadId: string, ttlMs: number): Promise<StateLock | null>;
  extendLock(lock: StateLock, ttlMs: number): Promise<boolean>;
  releaseLock(lock: StateLock): Promise<void>;
  forceReleaseLock(threadId: string): Promise<void>;
}

export interface LocksOptions {
  /** The key of the lock of a thread or channel. Default `chat:{<its id>}`, percent-encoded. */
  key?: ((threadId: string) => string) | undefined;
}

const names = ["acquireLock", "extendLock", "releaseLock", "forceReleaseLock"] as const;

function createLocks(leases: Leases, keyOf: (threadId: string) => string): StateLocks {
  return {
    async acquireLock(threadId, ttlMs) {
      const token = randomUUID();
      const asked = Date.now();
      const { status } = await leases.acquire({ key: keyOf(threadId), token, ttl: ttlMs });
      return status === "granted" ? { threadId, token, expiresAt: asked + ttlMs } : null;
    },

    async extendLock({ threadId, token }, ttlMs) {
      return (await leases.extend({ key: keyOf(threadId), token, ttl: ttlMs })) === "held";
    },

    async releaseLock({ threadId, token }) {
      try {
        await leases.release({ key: keyOf(threadId), token });
      } catch (error) {
        // The message was handled; the release is repeated in the background, and the ttl frees the lock at last.
        if (!LockError.is(error)) throw error;
        warn(error);
      }
    },

    async forceReleaseLock(threadId) {
      await leases.forceRelease(keyOf(threadId));
    },
  };
}

/**
 * Returns the state adapter, with threads that are locked by distlock: `acquireLock` returns `null` while another instance has the
 * thread, `extendLock` is false once the lock is lost, a release that does not reach Redis is a warning. The other three reject
 * with `LockBackendError` if Redis does not answer within 5 s or refuses, and with `TypeError` or `RangeError` for a bad id or
 * ttl. Everything else is the adapter's own. Throws `TypeError` for bad arguments.
 */
export function withLocks<S extends StateLocks>(state: S, leases: Leases, { key }: LocksOptions = {}): S {
  if (names.some((name) => typeof state?.[name] !== "function")) {
    throw new TypeError(`withLocks needs a state adapter, with ${names.join(", ")}`);
  }
  assertLeases("withLocks", leases);
  return boundProxy(state, { ...createLocks(leases, frameworkKey("chat", "thread id", key)) });
}
