import { Redis } from "ioredis-6";
import { monotonic } from "./clock";
import type { Event } from "./event";
import { idOf } from "./id";
import { pause } from "./pause";

const PERIOD = 10;

/** KEYS  lock and queue of each.  Reply  per key: its token or '', how many wait. */
const SEE = `
local seen = {}
for k = 1, #KEYS, 2 do
  seen[k] = redis.call('GET', KEYS[k]) or ''
  seen[k + 1] = redis.call('TYPE', KEYS[k + 1]).ok == 'zset' and redis.call('ZCOUNT', KEYS[k + 1], '(0', '+inf') or 0
end
return seen`;

const queueOf = (key: string): string => (key.startsWith("{") ? `${key}:queue1` : `{${key}}~queue1`);

/** Records the state of Redis again and again, as long as it answers. */
export function observe(url: string, keys: readonly string[], record: (event: Event) => void): () => Promise<void> {
  const redis = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: 0, enableOfflineQueue: false });
  redis.on("error", () => {});
  let isOver = false;

  async function see(): Promise<void> {
    const from = monotonic();
    const reply = (await redis.eval(SEE, 2 * keys.length, ...keys.flatMap((key) => [key, queueOf(key)]))) as (
      | string
      | number
    )[];
    const seen = keys.map((key, k) => {
      const token = String(reply[2 * k]);
      return [key, { id: token === "" ? null : idOf(token), waiting: Number(reply[2 * k + 1]) }];
    });
    record({ what: "seen", from, at: monotonic(), keys: Object.fromEntries(seen) });
  }

  async function watch(): Promise<void> {
    while (!isOver) {
      await see().catch(() => {}); // it is down
      await pause(PERIOD);
    }
  }
  const watching = watch();
  return async () => {
    isOver = true;
    redis.disconnect();
    await watching;
  };
}
