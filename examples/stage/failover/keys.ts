import { randomUUID } from "node:crypto";
import type { RedisConnection } from "@distlock/core/driver";
import { locks } from "./locks";

/** The key of each lock, by its name. */
export type Keys = Readonly<Record<string, string>>;

const SLOTS = 16_384;
const SLOT_OF = "return redis.call('CLUSTER', 'KEYSLOT', KEYS[1])";
const DELETE = "return redis.call('DEL', unpack(KEYS))";

/** Keys that a lock may have beside its own: see the wire format in docs/drivers.md. */
const COMPANIONS = [":fence", ":queue1"];

/** New keys that nobody else uses, each a hash tag. In a Cluster each is in the third of the slots that its lock names. */
export async function newKeys(connection: RedisConnection): Promise<Keys> {
  const id = randomUUID();
  const keys: Record<string, string> = {};
  for (const { name, third } of locks) {
    for (let n = 1; keys[name] === undefined; n++) {
      const key = `{distlock-demo-${id}-${name}-${n}}`;
      const fits =
        !connection.cluster || Math.floor((3 * Number(await connection.eval(SLOT_OF, [key], []))) / SLOTS) === third;
      if (fits) keys[name] = key;
    }
  }
  return keys;
}

export async function deleteKeys(connection: RedisConnection, keys: Keys): Promise<void> {
  for (const key of Object.values(keys)) {
    await connection.eval(DELETE, [key, ...COMPANIONS.map((companion) => `${key}${companion}`)], []);
  }
}
