import { createHash } from "node:crypto";
import type { RedisConnection } from "./connection";
import type { Call } from "./driver";

export type RunScript = (keys: readonly string[], args: readonly string[], call?: Call) => Promise<unknown>;

export const isNoScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith("NOSCRIPT");

/**
 * A script as a function. It sends EVAL until the first answer, then EVALSHA; and EVAL again whenever a node does not
 * know the script, for ever, because script caches are per node, not replicated, and evicted. An abandoned call is not
 * sent again: it could land after the release that undoes it.
 */
export function script(connection: RedisConnection, lua: string): RunScript {
  const sha1 = createHash("sha1").update(lua).digest("hex");
  let cached = false;
  return async (keys, args, call) => {
    if (cached) {
      try {
        return await connection.evalSha(sha1, keys, args);
      } catch (error) {
        if (!isNoScript(error) || call?.abandoned) throw error;
      }
    }
    const reply = await connection.eval(lua, keys, args);
    cached = true;
    return reply;
  };
}
