// Tested by packages/core/test/keys.test.ts, test/locking/key-slots.test.ts
import { assertKeyPrefix, companions, hashed } from "../driver/keys";
import type { RedisConnection } from "./connection";

/** The keys of a lock as the scripts get them. */
export interface LockKeys {
  /** The lock and its companions, in the order of lua/lib/keys.lua. The tombstone is the one of this token. */
  of(key: string, token?: string): readonly string[];
  /** What keys must have in common to go into one script: the hash slot's name in a Cluster, else nothing. */
  slotOf(key: string): string;
}

export function lockKeys({ keyPrefix, cluster }: RedisConnection): LockKeys {
  assertKeyPrefix(keyPrefix);
  return {
    of(key, token = "") {
      const start = companions(keyPrefix, key);
      return [key, `${start}fence`, `${start}queue`, `${start}alive`, `${start}released`, `${start}dead:${token}`];
    },
    slotOf: (key) => (cluster ? hashed(keyPrefix + key) : ""),
  };
}
