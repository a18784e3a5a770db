import type { Redis } from "ioredis-6";

/** The queue's key of a lock without a hash tag, see the wire format in docs/drivers.md. */
export const queueOf = (key: string): string => `{${key}}~queue1`;

type Commands = Pick<Redis, "type" | "zrangebyscore">;

/** The waiting tokens of a lock, in their order. */
export async function waitersOf(redis: Commands, key: string): Promise<string[]> {
  const isSet = (await redis.type(queueOf(key))) === "zset";
  return isSet ? redis.zrangebyscore(queueOf(key), "(0", "+inf") : [];
}

/** The waiting tokens of a lock whose processes count as alive. The others stay for as long as the queue's key lives. */
export async function livingWaitersOf(redis: Commands & Pick<Redis, "zscore">, key: string): Promise<string[]> {
  const waiters = await waitersOf(redis, key);
  const signs = await Promise.all(waiters.map((token) => redis.zscore(queueOf(key), `@${token.split(":")[0]}`)));
  return waiters.filter((_, i) => -Number(signs[i]) > Date.now());
}
