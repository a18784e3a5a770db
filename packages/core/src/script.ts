import { createHash } from "node:crypto";
import type { RedisConnection } from "./connection";
import type { Call } from "./driver";

export type RunScript = (keys: readonly string[], args: readonly string[], call?: Call) => Promise<unknown>;

const isNoScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith("NOSCRIPT");

/**
 * A script as a function. It sends EVAL until the first answer, then EVALSHA; and EVAL again whenever a node does not
 * know the script, for ever, because script caches are per node, not replicated, and evicted. An abandoned call is not
 * sent again: it could land after the release that undoes it.
 */
export function script(connection: RedisConnection, lua: string): RunScript {
  const sha1 = createHash("sha1").update(lua).digest("hex");
  let cached = false;
  const load = async (keys: readonly string[], args: readonly string[]): Promise<unknown> => {
    const reply = await connection.eval(lua, keys, args);
    cached = true;
    return reply;
  };
  return (keys, args, call) =>
    cached
      ? connection.evalSha(sha1, keys, args).catch((error: unknown) => {
          if (!isNoScript(error) || call?.abandoned) throw error;
          return load(keys, args);
        })
      : load(keys, args);
}
