// Tested by packages/testing/src/contract, packages/ioredis/test/contract.test.ts, packages/node-redis/test/contract.test.ts
import { channelWarning } from "../driver/channel-warning";
import type { Driver, ReleaseRequest } from "../driver/driver";
import { type DriverOptions, resolveFenceTtl } from "../driver/driver-options";
import { acquireAllOf } from "./acquire-all";
import { assertConnection, type RedisConnection } from "./connection";
import { listening } from "./listening";
import { lockKeys } from "./lock-keys";
import { redisScripts } from "./redis-scripts";
import { replicatorOf } from "./replicator";

/** Locks kept in Redis: scripts, run through a connection. Throws `TypeError` or `RangeError` for bad arguments. */
export function redisDriver(connection: RedisConnection, options?: DriverOptions): Driver {
  assertConnection(connection);
  const fenceTtl = resolveFenceTtl(options);
  const subscribe = connection.subscribe?.bind(connection);
  const keys = lockKeys(connection);
  const channels = channelWarning(() => driver.listen);
  // If this fails, the heartbeats of the waiters go on with it.
  const settle = (request: ReleaseRequest) => void scripts.release(request).catch(() => {});
  const scripts = redisScripts(connection, keys, fenceTtl, channels.unpublished, settle);

  const driver: Driver = {
    acquire(request, call) {
      if (request.ticket !== undefined) channels.waited(request.key);
      return scripts.acquire(request, call);
    },
    acquireAll: acquireAllOf(connection, keys, fenceTtl, scripts.release),
    extend: scripts.extend,
    release: scripts.release,
    heartbeat: scripts.heartbeat,
    transfer: scripts.transfer,
    inspect: scripts.inspect,
    forceRelease: scripts.forceRelease,
    listen: subscribe && listening(subscribe, channels),
    replicator: replicatorOf(connection, keys),
  };
  return driver;
}
