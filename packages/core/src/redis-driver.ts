import acquireLua from "../lua/acquire.lua";
import extendLua from "../lua/extend.lua";
import forceReleaseLua from "../lua/force-release.lua";
import inspectLua from "../lua/inspect.lua";
import releaseLua from "../lua/release.lua";
import { isRefusal } from "./backend-error";
import type { RedisConnection } from "./connection";
import type { Driver, ExtendReply, ExtendRequest } from "./driver";
import { LockBackendError } from "./errors";
import { assertKeyPrefix, companion, hashed } from "./keys";
import { script } from "./script";

/** Locks that one script extends at once. */
const BATCH = 100;
/** How long a token that was given up is refused, in ms. */
const TOMBSTONE = 60_000;

const text = (reply: unknown): string => String(reply);

const integer = (reply: unknown): number => {
  const value = Number(text(reply));
  if (reply === null || reply === "" || !Number.isSafeInteger(value))
    throw new TypeError(`not an integer: ${text(reply)}`);
  return value;
};

/** A reply, read strictly: whatever has another shape did not come from our script. */
function read<T>(key: string, reply: unknown, parse: (parts: readonly unknown[]) => T): T {
  const parts = Array.isArray(reply) ? reply : [reply];
  if (text(parts[0]) === "foreign") {
    throw new LockBackendError(key, "the key holds something that is no lock: another type, or a string without ttl");
  }
  try {
    return parse(parts);
  } catch (error) {
    throw new LockBackendError(key, "Redis answered in a form that no script of ours gives", error);
  }
}

const flag = (parts: readonly unknown[]): boolean => {
  const value = integer(parts[0]);
  if (parts.length !== 1 || (value !== 0 && value !== 1)) throw new TypeError(`not 0 or 1: ${text(parts)}`);
  return value === 1;
};

/** Locks kept in Redis: scripts, run through a connection. */
export function redisDriver(connection: RedisConnection): Driver {
  const { keyPrefix } = connection;
  assertKeyPrefix(keyPrefix);
  const acquire = script(connection, acquireLua);
  const extend = script(connection, extendLua);
  const release = script(connection, releaseLua);
  const inspect = script(connection, inspectLua);
  const forceRelease = script(connection, forceReleaseLua);

  const fenceOf = (key: string) => companion(keyPrefix, key, "fence");
  const tombstoneOf = (key: string, token: string) => companion(keyPrefix, key, `dead:${token}`);

  async function extendBatch(requests: readonly ExtendRequest[]): Promise<readonly ExtendReply[]> {
    const reply = await extend(
      requests.flatMap(({ key }) => [key, fenceOf(key)]),
      requests.flatMap(({ token, ttl }) => [token, String(ttl)]),
    );
    return read(requests[0]!.key, reply, (parts) => {
      if (parts.length !== requests.length) throw new TypeError(`${parts.length} answers to ${requests.length}`);
      return parts.map((part) => (flag([part]) ? "held" : "lost"));
    });
  }

  /** Together, or (where one script may not use all those keys: a node of a Cluster, a user of few rights) one by one. */
  async function extendAll(requests: readonly ExtendRequest[]): Promise<readonly Promise<ExtendReply>[]> {
    try {
      return (await extendBatch(requests)).map((reply) => Promise.resolve(reply));
    } catch (error) {
      if (requests.length === 1 || !isRefusal(error)) throw error;
      return requests.map(async (request) => (await extendBatch([request]))[0]!);
    }
  }

  return {
    async acquire({ key, token, ttl }, call) {
      const reply = await acquire([key, fenceOf(key), tombstoneOf(key, token)], [token, String(ttl)], call);
      return read(key, reply, ([status, value]) => {
        switch (text(status)) {
          case "granted":
            return { status: "granted", fence: integer(value) };
          case "held":
            return { status: "held", remaining: integer(value) };
          case "dead":
            return { status: "dead" };
          default:
            throw new TypeError(`unknown status: ${text(status)}`);
        }
      });
    },

    extend(requests) {
      const open = new Map<string, ExtendRequest[]>();
      const batches: ExtendRequest[][] = [];
      for (const request of requests) {
        const slot = connection.cluster ? hashed(keyPrefix + request.key) : "";
        let batch = open.get(slot);
        if (batch === undefined || batch.length === BATCH) {
          batch = [];
          open.set(slot, batch);
          batches.push(batch);
        }
        batch.push(request);
      }
      const answers = new Map<ExtendRequest, Promise<ExtendReply>>();
      for (const batch of batches) {
        const replies = extendAll(batch);
        batch.forEach((request, i) => {
          answers.set(
            request,
            replies.then((all) => all[i]!),
          );
        });
      }
      return requests.map((request) => answers.get(request)!);
    },

    async release({ key, token, undo }) {
      const reply = await release(
        [key, fenceOf(key), tombstoneOf(key, token)],
        [token, undo ? String(TOMBSTONE) : "0"],
      );
      return read(key, reply, flag) ? "released" : "lost";
    },

    async inspect(key) {
      return read(key, await inspect([key, fenceOf(key)], []), (parts) => ({
        held: flag([parts[0]]),
        remaining: integer(parts[1]),
        fence: integer(parts[2]),
        waiting: integer(parts[3]),
      }));
    },

    async forceRelease(key) {
      return read(key, await forceRelease([key, fenceOf(key)], []), flag);
    },
  };
}
