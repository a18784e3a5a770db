import { Redis } from "ioredis-6";
import type { StoreEntry } from "./event";

/*
 * The data that the locks protect: one number per key, in a Redis of its own without faults. It refuses a fence below the
 * highest that it has seen, readers included: otherwise the write of a later holder could be based on data that an earlier one then
 * changes.
 */
const OPEN = `
if ARGV[2] == '1' then
  if tonumber(ARGV[1]) < tonumber(redis.call('GET', KEYS[1]) or 0) then
    return -1
  end
  redis.call('SET', KEYS[1], ARGV[1])
end
return tonumber(redis.call('GET', KEYS[2]) or 0)`;
const WRITE = `
if ARGV[2] == '1' and tonumber(ARGV[1]) < tonumber(redis.call('GET', KEYS[1]) or 0) then
  return 0
end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('RPUSH', KEYS[3], ARGV[4])
return 1`;

export interface Store {
  /** The stored value, or `undefined` if the fence is refused. */
  open(key: string, fence: number): Promise<number | undefined>;
  /** Whether it was taken. */
  write(key: string, entry: StoreEntry): Promise<boolean>;
  /** All of it. */
  read(key: string): Promise<{ state: number; log: StoreEntry[] }>;
  close(): void;
}

/** `fenced: false` takes every write. */
export function openStore(url: string, fenced: boolean): Store {
  const redis = new Redis(url);
  const guard = fenced ? "1" : "0";
  const keysOf = (key: string) => [`${key}:fence`, `${key}:state`, `${key}:log`];
  return {
    async open(key, fence) {
      const state = (await redis.eval(OPEN, 3, ...keysOf(key), fence, guard)) as number;
      return state < 0 ? undefined : state;
    },
    write: async (key, entry) =>
      (await redis.eval(WRITE, 3, ...keysOf(key), entry.fence, guard, entry.state, JSON.stringify(entry))) === 1,
    async read(key) {
      const [, state, log] = keysOf(key) as [string, string, string];
      const entries = await redis.lrange(log, 0, -1);
      return { state: Number(await redis.get(state)), log: entries.map((entry) => JSON.parse(entry)) };
    },
    close: () => redis.disconnect(),
  };
}
