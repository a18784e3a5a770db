import { assertKeyPrefix, companions, hashed } from "../driver/keys";
import type { RedisConnection } from "./connection";

/** The keys of a lock as the scripts get them, and what they have in common. */
export interface LockKeys {
  /** Puts the lock and its companions behind `keys`, in the order of hand-over.lua. */
  add(keys: string[], key: string, token?: string): void;
  /** What keys must share to go into one script: the hash slot's name in Cluster, else nothing. */
  slotOf(key: string): string;
}

export function lockKeys({ keyPrefix, cluster }: RedisConnection): LockKeys {
  assertKeyPrefix(keyPrefix);
  return {
    add(keys, key, token = "") {
      const start = companions(keyPrefix, key);
      keys.push(key, `${start}fence`, `${start}queue`, `${start}alive`, `${start}released`, `${start}dead:${token}`);
    },
    slotOf: (key) => (cluster ? hashed(keyPrefix + key) : ""),
  };
}
