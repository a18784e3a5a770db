// Tested by packages/testing/src/contract/server.ts, test/topology/several-keys.test.ts
import { createHash } from "node:crypto";
import type { Call } from "../driver/driver";
import { hashed } from "../driver/keys";
import type { RedisConnection } from "./connection";

export type RunScript = (keys: readonly string[], args: readonly string[], call?: Call) => Promise<unknown>;

/** The error for keys that do not share a hash slot: no node of a Cluster has all of them. */
function slotsError({ cluster, keyPrefix }: RedisConnection, keys: readonly string[]): RangeError | undefined {
  if (!cluster) return;
  const [first = "", ...others] = keys;
  const slot = hashed(keyPrefix + first);
  const other = others.find((key) => hashed(keyPrefix + key) !== slot);
  if (other === undefined) return;
  const names = [first, other].map((key) => JSON.stringify(key)).join(" and ");
  return new RangeError(`keys of one script must share a {hash tag} in a Cluster: ${names} do not`);
}

const isNoScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith("NOSCRIPT");

/**
 * Returns a script as a function. It sends EVAL once, then EVALSHA; and EVAL again whenever a node does not know the script,
 * because script caches are per node, not replicated, and evicted. An abandoned call is not sent again: it could arrive after
 * the release that undoes it. Rejects with a `RangeError`, before anything is sent, where the keys must share a hash slot
 * and do not.
 */
export function script(connection: RedisConnection, lua: string): RunScript {
  const sha1 = createHash("sha1").update(lua).digest("hex");
  let sent = false;
  const load = (keys: readonly string[], args: readonly string[]): Promise<unknown> => {
    sent = true;
    return connection.eval(lua, keys, args);
  };
  return (keys, args, call) => {
    const wrong = slotsError(connection, keys);
    if (wrong) return Promise.reject(wrong);
    return sent
      ? connection.evalSha(sha1, keys, args).catch((error: unknown) => {
          if (!isNoScript(error) || call?.abandoned) throw error;
          return load(keys, args);
        })
      : load(keys, args);
  };
}
