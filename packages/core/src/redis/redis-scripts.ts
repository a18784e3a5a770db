import acquireLua from "../../lua/acquire.lua";
import acquireOneLua from "../../lua/acquire-one.lua";
import extendLua from "../../lua/extend.lua";
import handOverLua from "../../lua/hand-over.lua";
import heartbeatLua from "../../lua/heartbeat.lua";
import releaseLua from "../../lua/release.lua";
import type { AcquireRequest, ExtendRequest, HeartbeatRequest, ReleaseRequest } from "../driver/driver";
import { companions } from "../driver/keys";
import { CLAIM, WINDOW } from "../driver/times";
import type { LockKeys } from "./lock-keys";
import type { PerLock } from "./per-lock";
import { acquireReply, flag, heartbeatReply, releaseReply } from "./replies";

/** How long a token that was given up is refused, in ms. */
export const TOMBSTONE = "60000";

/** How many requests share one command: few enough that the server works on some while the client does on others. */
const AT_ONCE = 32;
/** Nobody waits for extensions, nor for heartbeats. */
const IN_BACKGROUND_AT_ONCE = 128;
/** A heartbeat of so many waiters of a key costs about as much as one of another key. */
const TOKENS_OF_A_KEY = 8;

/** The arguments of hand-over.lua. */
export const common = (fenceTtl: number): readonly string[] => [`${CLAIM}`, `${WINDOW}`, `${fenceTtl}`];

/** The scripts that serve many locks with one command. */
export function redisScripts({ add: addKeys, slotOf }: LockKeys, keyPrefix: string, fenceTtl: number) {
  const first = common(fenceTtl);

  const acquire: PerLock<AcquireRequest, ReturnType<typeof acquireReply>> = {
    lua: handOverLua + acquireOneLua + acquireLua,
    largest: AT_ONCE,
    groupOf: ({ key }) => slotOf(key),
    first: () => [...first],
    add({ key, token, ttl, ticket = "" }, keys, args) {
      addKeys(keys, key, token);
      args.push(token, `${ttl}`, `${ticket}`);
    },
    parse: ({ key }, reply) => acquireReply(key, reply),
  };

  const extend: PerLock<ExtendRequest, "held" | "lost"> = {
    lua: extendLua,
    largest: IN_BACKGROUND_AT_ONCE,
    groupOf: ({ key, ttl }) => `${ttl} ${slotOf(key)}`,
    first: ({ ttl }) => [`${ttl}`, `${Math.max(fenceTtl, ttl)}`],
    add({ key, token }, keys, args) {
      keys.push(key, `${companions(keyPrefix, key)}fence`);
      args.push(token);
    },
    parse: ({ key }, reply) => (flag(key, reply) ? "held" : "lost"),
  };

  const release: PerLock<ReleaseRequest, ReturnType<typeof releaseReply>> = {
    lua: handOverLua + releaseLua,
    largest: AT_ONCE,
    groupOf: ({ key }) => slotOf(key),
    first: () => [...first],
    add({ key, token, undo }, keys, args) {
      addKeys(keys, key, token);
      args.push(token, undo ? TOMBSTONE : "0");
    },
    parse: ({ key }, reply) => releaseReply(key, reply),
  };

  const heartbeat: PerLock<HeartbeatRequest, ReturnType<typeof heartbeatReply>> = {
    lua: handOverLua + heartbeatLua,
    largest: IN_BACKGROUND_AT_ONCE,
    weightOf: ({ tokens }) => Math.max(1, tokens.length / TOKENS_OF_A_KEY),
    groupOf: ({ key, inbox }) => `${inbox} ${slotOf(key)}`,
    first: ({ inbox }) => [...first, inbox],
    add({ key, tokens }, keys, args) {
      const start = companions(keyPrefix, key);
      keys.push(key, `${start}fence`, `${start}queue`, `${start}alive`);
      args.push(`${tokens.length}`);
      for (const token of tokens) args.push(token);
    },
    parse: heartbeatReply,
  };

  return { acquire, extend, release, heartbeat };
}
