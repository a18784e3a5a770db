import { Redis } from "ioredis-6";

const WRITE = `
if tonumber(ARGV[1]) < tonumber(redis.call('HGET', KEYS[1], 'fence') or 0) then
  return 0
end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'text', ARGV[2])
return 1`;

const storeOf = (key: string) => `store:${key}`;

/** Whether a store took the text: it refuses a fence below the highest that it has seen. */
export async function writeFenced(url: string, key: string, fence: number, text: string): Promise<boolean> {
  const redis = new Redis(url);
  const taken = await redis.eval(WRITE, 1, storeOf(key), fence, text);
  redis.disconnect();
  return taken === 1;
}

export async function readFenced(url: string, key: string): Promise<string | null> {
  const redis = new Redis(url);
  const text = await redis.hget(storeOf(key), "text");
  redis.disconnect();
  return text;
}
