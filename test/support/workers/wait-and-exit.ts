import { createLocker, type LockError } from "@distlock/core";
import { redisDriver } from "@distlock/core/driver";
import { clients } from "../clients";
import { until, untilWaiting } from "../until";

/** Waits for a key that is held, closes, tells how the waits ended, and when no timer is left. */
const [client, url, nowhere, key] = process.argv.slice(2) as [string, string, string, string];
const { connection, close } = await clients[client]!(url);
const locker = createLocker(redisDriver(connection));
const code = (error: LockError) => error.code;

const first = locker.acquire(key).catch(code);
const last = locker.acquire(key, { timeout: Number.POSITIVE_INFINITY }).catch(code);
await untilWaiting(locker, key, 2);
const timedOut = await locker.acquire(key, { timeout: 500 }).catch(code);

// A wait of a locker whose inbox can't be opened.
const unreachable = await clients[client]!(nowhere, { lazy: true });
const deaf = createLocker(redisDriver({ ...connection, subscribe: unreachable.connection.subscribe }));
const unheard = deaf.acquire(key).catch(code);
await untilWaiting(locker, key, 3);

await locker.close();
await deaf.close();
process.send!([await first, timedOut, await last, await unheard]);
close();
// Including the timers of the connections that were ended.
const isTimer = (name: string) => name === "Timeout" || name === "Immediate";
await until(async () => !process.getActiveResourcesInfo().some(isTimer));
process.send!("no timers");
process.disconnect();
