import { createHash } from "node:crypto";
import { type ListReader, type RedisConnection, type RunScript, script } from "@distlock/core/driver";
import appendLua from "../../lua/append.lua";
import boundLua from "../../lua/bound.lua";
import clearLua from "../../lua/clear.lua";
import fencedListLua from "../../lua/fenced-list.lua";
import popLua from "../../lua/pop.lua";
import replaceLua from "../../lua/replace.lua";
import replaceEndLua from "../../lua/replace-end.lua";
import stampLua from "../../lua/stamp.lua";
import writeLua from "../../lua/write.lua";
import type { ListConnection } from "./assert-connection";

export type StampAndRead = (
  keys: readonly string[],
  args: readonly string[],
  range: readonly [first: number, last: number],
) => ReturnType<ListReader["lrangeAfter"]>;

export interface FencedListScripts {
  /**
   * Stamps a fence, then reads the list, with nothing in between. So the texts are as new as the stamp: a holder with a
   * lower fence is refused from there on, and its earlier writes have been read. Were the list read first, such a
   * holder could write between the two, unseen and not refused; or a replica could be asked that does not have all yet.
   * Where the server refuses the transaction, the script reads by itself, which takes it longer: where the user may not send
   * `MULTI`, or the slot moves, and the client follows with single commands only.
   */
  readonly stampAndRead: StampAndRead;
  readonly append: RunScript;
  readonly replace: RunScript;
  readonly replaceEnd: RunScript;
  readonly pop: RunScript;
  readonly clear: RunScript;
}

const known = new WeakMap<RedisConnection, FencedListScripts>();

/** An error of a server begins with a code. */
const isReply = (error: unknown): boolean => error instanceof Error && /^[A-Z]+ /.test(error.message);

function stampAndRead(connection: ListConnection): StampAndRead {
  const { lists } = connection;
  const lua = fencedListLua + stampLua;
  const sha1 = createHash("sha1").update(lua).digest("hex");
  const alone = script(connection, lua);
  let cached = false;

  const inTransaction: StampAndRead = async (keys, args, range) => {
    if (cached) {
      try {
        return await lists.lrangeAfter("evalSha", sha1, keys, args, ...range);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      }
    }
    const replies = await lists.lrangeAfter("eval", lua, keys, args, ...range);
    cached = true;
    return replies;
  };
  return async (keys, args, range) => {
    try {
      return await inTransaction(keys, args, range);
    } catch (error) {
      if (!isReply(error)) throw error;
      const reply = await alone(keys, [...args, ...range.map(String)]);
      return Array.isArray(reply) ? [reply, reply.slice(1)] : [reply, []];
    }
  };
}

/** One for all lists of a connection: a script is sent whole once, not once per session. */
export function fencedListScripts(connection: ListConnection): FencedListScripts {
  const before = known.get(connection);
  if (before) return before;
  const write = (lua: string): RunScript => script(connection, fencedListLua + writeLua + boundLua + lua);
  const scripts = {
    stampAndRead: stampAndRead(connection),
    append: write(appendLua),
    replace: write(replaceLua),
    replaceEnd: write(replaceEndLua),
    pop: write(popLua),
    clear: write(clearLua),
  };
  known.set(connection, scripts);
  return scripts;
}
