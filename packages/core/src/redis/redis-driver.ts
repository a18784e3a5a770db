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
  const names = lockKeys(connection);
  const channels = channelWarning(() => driver.queue);
  // If this fails, the heartbeats of the waiters go on with it.
  const settle = (request: ReleaseRequest) => void scripts.release(request).catch(() => {});
  const scripts = redisScripts(connection, names, fenceTtl, channels.unpublished, settle);
  const acquireAll = acquireAllOf(connection, names, fenceTtl, scripts.release);

  const driver: Driver = {
    acquire(request, call) {
      const { keys, token, ttl, place } = request;
      channels.wanted(keys[0]!);
      return keys.length === 1
        ? scripts.acquire({ key: keys[0]!, token, ttl, ticket: place?.ticket }, call)
        : acquireAll(request, call);
    },
    extend: scripts.extend,
    release: scripts.release,
    inspect: scripts.inspect,
    forceRelease: scripts.forceRelease,
    queue: subscribe && { heartbeat: scripts.heartbeat, listen: listening(subscribe, channels) },
    replicas: replicatorOf(connection, names),
    transfer: scripts.transfer,
  };
  return driver;
}
