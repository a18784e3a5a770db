import forceReleaseLua from "../../lua/force-release.lua";
import handOverLua from "../../lua/hand-over.lua";
import inspectLua from "../../lua/inspect.lua";
import transferLua from "../../lua/transfer.lua";
import { channelWarning } from "../driver/channel-warning";
import type { Driver, ReleaseReply, ReleaseRequest } from "../driver/driver";
import { type DriverOptions, resolveFenceTtl } from "../driver/driver-options";
import { acquireAllOf } from "./acquire-all";
import { assertConnection, type RedisConnection } from "./connection";
import { listening } from "./listening";
import { lockKeys } from "./lock-keys";
import { type PerLock, perLock } from "./per-lock";
import { common, redisScripts } from "./redis-scripts";
import { replicatorOf } from "./replicator";
import { flag, inspectReply, read, transferReply } from "./replies";
import { script } from "./script";

/** Locks kept in Redis: scripts, run through a connection. Throws `TypeError` or `RangeError` for bad arguments. */
export function redisDriver(connection: RedisConnection, options?: DriverOptions): Driver {
  assertConnection(connection);
  const fenceTtl = resolveFenceTtl(options);
  const subscribe = connection.subscribe?.bind(connection);
  const names = lockKeys(connection);
  const first = common(fenceTtl);
  const channels = channelWarning(() => driver.listen);
  const scripts = redisScripts(names, connection.keyPrefix, fenceTtl);

  const keysOf = (key: string, token?: string): string[] => {
    const keys: string[] = [];
    names.add(keys, key, token);
    return keys;
  };
  const batched = <Q extends { readonly key: string }, R>(one: PerLock<Q, R>) =>
    perLock(connection, one, channels.unpublished);

  const acquire = batched(scripts.acquire);
  const releaseOnce = batched(scripts.release);
  const transfer = script(connection, handOverLua + transferLua);
  const inspect = script(connection, handOverLua + inspectLua);
  const forceRelease = script(connection, handOverLua + forceReleaseLua);

  function release(request: ReleaseRequest): Promise<ReleaseReply> {
    return releaseOnce(request).then(({ status, settling }) => {
      // If this fails, the heartbeats of those who wait go on with it.
      if (settling) release(request).catch(() => {});
      return status;
    });
  }

  const driver: Driver = {
    acquire(request, call) {
      if (request.ticket !== undefined) channels.waited(request.key);
      return acquire(request, call);
    },
    acquireAll: acquireAllOf(connection, names, first, release),
    extend: batched(scripts.extend),
    release,
    heartbeat: batched(scripts.heartbeat),

    async transfer({ key, from, to, ttl }) {
      const reply = await transfer(keysOf(key, to), [...first, from, to, `${ttl}`]);
      return read(key, () => transferReply(key, reply));
    },

    async inspect(key) {
      const reply = await inspect(keysOf(key), [...first]);
      return read(key, () => inspectReply(key, reply));
    },

    async forceRelease(key) {
      const reply = await forceRelease(keysOf(key), [...first]);
      return read(key, () => flag(key, reply));
    },

    listen: subscribe && listening(subscribe, channels),
    replicator: replicatorOf(connection, names),
  };
  return driver;
}
