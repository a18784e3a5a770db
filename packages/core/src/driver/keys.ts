import { kindOf } from "./kind-of";

/** Returns the part of a key that Redis Cluster hashes: its first `{tag}` that is not empty, else the whole key. */
export const hashed = (key: string): string => {
  const open = key.indexOf("{");
  const close = open < 0 ? -1 : key.indexOf("}", open + 1);
  return close > open + 1 ? key.slice(open + 1, close) : key;
};

const isTagged = (key: string): boolean => hashed(key) !== key;

/**
 * Throws if this can't be the key of a lock: a `TypeError` if it is not a well-formed string, a `RangeError` if it is
 * empty, if its braces leave no way to name a second key in its hash slot, or if it is the name of a companion.
 */
export function assertKey(key: unknown): asserts key is string {
  if (typeof key !== "string") throw new TypeError(`key must be a string, got ${kindOf(key)}`);
  if (key === "") throw new RangeError("key must not be empty");
  if (!key.isWellFormed()) throw new TypeError("key must be well-formed Unicode: it has half of a surrogate pair");
  if (!isTagged(key) && key.includes("}")) {
    throw new RangeError(
      `key ${JSON.stringify(key)} must have no "}" outside a {hash tag}: no second key could share its hash slot`,
    );
  }
  if (/(^\{.+\}~|\}.*:)(fence|queue1)$/s.test(key)) {
    throw new RangeError(`key ${JSON.stringify(key)} is the name of another lock's companion key`);
  }
}

/** Throws a `TypeError` if companions can't share a lock's hash slot under this key prefix of a client. */
export function assertKeyPrefix(prefix: string): void {
  if (!isTagged(prefix) && /[{}]/.test(prefix)) {
    throw new TypeError(
      `the client's keyPrefix ${JSON.stringify(prefix)} must have no braces, or one complete {hash tag}`,
    );
  }
}

/**
 * Returns the beginning of the names of a lock's companion keys. It keeps them in the lock's hash slot: `{s1}:lock` →
 * `{s1}:lock:`, `s1` → `{s1}~`, so that the locks `s1` and `{s1}` share no companion. The client puts its `prefix` in front of
 * every key, companions included.
 */
export const companions = (prefix: string, key: string): string => (isTagged(key) ? `${key}:` : `{${prefix}${key}}~`);

/** Returns the hash slot of a key in Redis Cluster: CRC16 (XMODEM) of its hashed part, https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/. */
export function slotOf(key: string): number {
  let crc = 0;
  for (const byte of Buffer.from(hashed(key))) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0);
  }
  return crc & 0x3fff;
}

const MAX_KEYS = 100;

/**
 * Returns keys in the order in which every request takes them: each once, keys of one hash slot side by side, sorted. So no two
 * requests wait for each other. Throws as `assertKey` does.
 */
export function inLockOrder(keys: readonly string[]): readonly string[] {
  if (!Array.isArray(keys)) throw new TypeError(`key must be a string or an array of strings, got ${kindOf(keys)}`);
  for (const key of keys) assertKey(key);
  const each = [...new Set(keys)];
  if (each.length === 0 || each.length > MAX_KEYS) {
    throw new RangeError(`there must be 1 to ${MAX_KEYS} different keys, got ${each.length}`);
  }
  const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));
  return each.sort((a, b) => compare(hashed(a), hashed(b)) || compare(a, b));
}
