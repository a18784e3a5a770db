import { channelWarning } from "../driver/channel-warning";
import type { Driver, ReleaseReply, ReleaseRequest } from "../driver/driver";
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
  const scripts = redisScripts(connection, keys, fenceTtl, channels.unpublished);

  function release(request: ReleaseRequest): Promise<ReleaseReply> {
    return scripts.release(request).then(({ status, settling }) => {
      // If this fails, the heartbeats of the waiters go on with it.
      if (settling) release(request).catch(() => {});
      return status;
    });
  }

  const driver: Driver = {
    acquire(request, call) {
      if (request.ticket !== undefined) channels.waited(request.key);
      return scripts.acquire(request, call);
    },
    acquireAll: acquireAllOf(connection, keys, fenceTtl, release),
    extend: scripts.extend,
    release,
    heartbeat: scripts.heartbeat,
    transfer: scripts.transfer,
    inspect: scripts.inspect,
    forceRelease: scripts.forceRelease,
    listen: subscribe && listening(subscribe, channels),
    replicator: replicatorOf(connection, keys),
  };
  return driver;
}
