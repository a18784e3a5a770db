import { createLocker, type LockError } from "@distlock/core";
import { clients } from "../clients";
import { until, untilWaiting } from "../until";

/** Waits for a key that is held, closes, tells how the waits ended, and when no timer is left. */
const [client, url, key] = process.argv.slice(2) as [string, string, string];
const redis = await clients[client]!(url);
const locker = createLocker(redis.driver);
const code = (error: LockError) => error.code;

const waits = [undefined, 300, Number.POSITIVE_INFINITY].map((timeout) => locker.acquire(key, { timeout }).catch(code));
await untilWaiting(locker, key, 3);
await waits[1];
await locker.close();
process.send!(await Promise.all(waits));
redis.close();
// Also of the connections that were ended.
const isTimer = (name: string) => name === "Timeout" || name === "Immediate";
await until(async () => !process.getActiveResourcesInfo().some(isTimer));
process.send!("no timers");
process.disconnect();
