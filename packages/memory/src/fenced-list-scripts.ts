import { type RedisConnection, type RunScript, script } from "@distlock/core";
import appendLua from "../lua/append.lua";
import clearLua from "../lua/clear.lua";
import fencedListLua from "../lua/fenced-list.lua";
import popLua from "../lua/pop.lua";
import readLua from "../lua/read.lua";
import replaceLua from "../lua/replace.lua";
import replaceEndLua from "../lua/replace-end.lua";

export interface FencedListScripts {
  readonly read: RunScript;
  readonly append: RunScript;
  readonly replace: RunScript;
  readonly replaceEnd: RunScript;
  readonly pop: RunScript;
  readonly clear: RunScript;
}

const known = new WeakMap<RedisConnection, FencedListScripts>();

/** One for all lists of a connection: a script is sent whole once, not once per session. */
export function fencedListScripts(connection: RedisConnection): FencedListScripts {
  const before = known.get(connection);
  if (before) return before;
  const of = (lua: string): RunScript => script(connection, fencedListLua + lua);
  const scripts = {
    read: of(readLua),
    append: of(appendLua),
    replace: of(replaceLua),
    replaceEnd: of(replaceEndLua),
    pop: of(popLua),
    clear: of(clearLua),
  };
  known.set(connection, scripts);
  return scripts;
}
