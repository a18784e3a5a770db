import type { LockOptions } from "@distlock/core";
import { assertKey, checkLockOptions } from "@distlock/core/driver";
import { type Session, sessionKey } from "../support/session-key";
import { LEASE } from "../turn/turn-options";

/** How the lock of a memory's writes is waited for and held. All times are in ms. */
export interface LockedMemoryOptions extends Omit<LockOptions, "signal"> {
  /** The key of the lock, such as `"memory:session-123"`: one key for all that write to the conversation. */
  key: string;
  /** Length of the lease, kept alive while a write or a turn runs. Default 10 000. */
  ttl?: number | undefined;
  /** Longest wait of a write for the lock. Default 5 000. */
  timeout?: number | undefined;
  /** Default `true`. */
  autoExtend?: boolean | undefined;
}

/** Options for the memories of many sessions. */
export interface LockedSessionsOptions<S extends Session = Session> extends Omit<LockedMemoryOptions, "key"> {
  /** The key of a session's lock: a different one for each. Default `sessionKey`. */
  key?: ((session: S) => string) | undefined;
}

/** How a write holds its lock, and the key of a session's lock. */
export interface ResolvedSessionsOptions<S extends Session> {
  readonly lockOptions: LockOptions;
  /** Throws `TypeError` or `RangeError` for a session that has no key. */
  keyOf(session: S): string;
}

function resolveLockOptions(options: Omit<LockedMemoryOptions, "key">): LockOptions {
  if ("signal" in options) throw new TypeError("signal is an option of each call, not of LockedMemory");
  const { ttl = LEASE, timeout = 5_000, autoExtend = true, ...rest } = options;
  const lockOptions = { ...rest, ttl, timeout, autoExtend };
  checkLockOptions(lockOptions);
  return lockOptions;
}

/** The one place for defaults and validation. Throws `TypeError` or `RangeError`. */
export function resolveLockedMemoryOptions(options: LockedMemoryOptions): { key: string; lockOptions: LockOptions } {
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object with a key");
  const { key, ...rest } = options;
  assertKey(key);
  return { key, lockOptions: resolveLockOptions(rest) };
}

/** Checks the options for many sessions, the lock options once for all. Throws `TypeError` or `RangeError`. */
export function resolveLockedSessionsOptions<S extends Session>(
  options: LockedSessionsOptions<S> = {},
): ResolvedSessionsOptions<S> {
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object");
  const { key = sessionKey, ...rest } = options;
  if (typeof key !== "function") throw new TypeError(`key must be a function of the session, got ${typeof key}`);
  return {
    lockOptions: resolveLockOptions(rest),
    keyOf(session) {
      const found = key(session);
      assertKey(found);
      return found;
    },
  };
}
