// Tested by test/locking/few-rights.test.ts, test/model/scripts.test.ts
import acquireLua from "../../lua/acquire.lua";
import extendLua from "../../lua/extend.lua";
import forceReleaseLua from "../../lua/force-release.lua";
import heartbeatLua from "../../lua/heartbeat.lua";
import inspectLua from "../../lua/inspect.lua";
import releaseLua from "../../lua/release.lua";
import transferLua from "../../lua/transfer.lua";
import {
  type AcquireReply,
  type DriverInspection,
  type ExtendReply,
  type ExtendRequest,
  type ForceReleaseRequest,
  NAMED_WAITERS,
  type ReleaseReply,
  type ReleaseRequest,
  type TransferReply,
  type TransferRequest,
} from "../driver/driver";
import type { HeartbeatReply, HeartbeatRequest } from "../driver/driver-queue";
import { TOMBSTONE } from "../driver/times";
import { type BatchedScript, batchedScript } from "./batched-script";
import type { RedisConnection } from "./connection";
import type { LockKeys } from "./lock-keys";
import { rejectAsDriver } from "./redis-error";
import {
  acquireReply,
  extendReply,
  flag,
  heartbeatReply,
  inspectReply,
  read,
  releaseReply,
  transferReply,
} from "./replies";
import { reportFailure } from "./report-failure";
import { type RunScript, script } from "./script";
import { withTimes } from "./script-times";

/** How many requests share one command: few enough that the server works on some while the client works on others. */
const BATCH_LIMIT = 32;
/** Nobody waits for the reply to an extension or a heartbeat. */
const BACKGROUND_BATCH_LIMIT = 128;
/** A heartbeat of so many waiters of one key costs about as much as a heartbeat of another key. */
const TOKENS_OF_A_KEY = 8;

/** A request for one key. */
interface OneKeyRequest {
  readonly key: string;
  readonly token: string;
  readonly ttl: number;
  /** The ticket of its place. Absent: do not wait. */
  readonly ticket: number | undefined;
}

/** A script that serves one lock. */
function single(connection: RedisConnection, verb: string, lua: string): RunScript {
  const run = script(connection, lua);
  return (keys, args) =>
    run(keys, args).catch((error: unknown) => {
      reportFailure(verb, error);
      return rejectAsDriver(error);
    });
}

/**
 * The scripts as functions of one request. `onUnpublished` is called when the server refused to publish a message. `settle`
 * sends a release again.
 */
export function redisScripts(
  connection: RedisConnection,
  { add, slotOf }: LockKeys,
  fenceTtl: number,
  onUnpublished: (key: string, why: string) => void,
  settle: (request: ReleaseRequest) => void,
) {
  const timed = (lua: string) => withTimes(lua, fenceTtl);

  const acquire: BatchedScript<OneKeyRequest, AcquireReply> = {
    verb: "acquire",
    lua: timed(acquireLua),
    limit: BATCH_LIMIT,
    groupOf: ({ key }) => slotOf(key),
    write({ key, token, ttl, ticket = "" }, keys, args) {
      add(keys, key);
      args.push(token, `${ttl}`, `${ticket}`);
    },
    parse: ({ key }, reply) => acquireReply(key, reply),
  };

  const extend: BatchedScript<ExtendRequest, ExtendReply> = {
    verb: "extend",
    lua: extendLua,
    limit: BACKGROUND_BATCH_LIMIT,
    groupOf: ({ key, ttl }) => `${ttl} ${slotOf(key)}`,
    writeFirst: ({ ttl }, args) => void args.push(`${ttl}`, `${Math.max(fenceTtl, ttl)}`),
    write({ key, token }, keys, args) {
      add(keys, key);
      args.push(token);
    },
    parse: ({ key }, reply) => extendReply(key, reply),
  };

  const release: BatchedScript<ReleaseRequest, ReleaseReply> = {
    verb: "release",
    lua: timed(releaseLua),
    limit: BATCH_LIMIT,
    groupOf: ({ key }) => slotOf(key),
    write({ key, token, tombstone }, keys, args) {
      add(keys, key);
      args.push(token, tombstone ? `${TOMBSTONE}` : "0");
    },
    parse: (request, reply) => releaseReply(request.key, reply, () => settle(request)),
  };

  const heartbeat: BatchedScript<HeartbeatRequest, HeartbeatReply> = {
    verb: "heartbeat",
    lua: timed(heartbeatLua),
    limit: BACKGROUND_BATCH_LIMIT,
    weightOf: ({ tokens }) => Math.max(1, tokens.length / TOKENS_OF_A_KEY),
    groupOf: ({ key, inbox }) => `${inbox} ${slotOf(key)}`,
    writeFirst: ({ inbox }, args) => void args.push(inbox),
    write({ key, tokens }, keys, args) {
      add(keys, key);
      args.push(`${tokens.length}`);
      // Not by `push(...tokens)`: a process may have more waiters of one key than a call may have arguments.
      for (const token of tokens) args.push(token);
    },
    parse: heartbeatReply,
  };

  const transfer = single(connection, "transfer", timed(transferLua));
  const inspect = single(connection, "inspect", inspectLua);
  const forceRelease = single(connection, "forceRelease", timed(forceReleaseLua));
  const batched = <Request extends { readonly key: string }, Reply>(one: BatchedScript<Request, Reply>) =>
    batchedScript(connection, one, onUnpublished);

  return {
    acquire: batched(acquire),
    extend: batched(extend),
    release: batched(release),
    heartbeat: batched(heartbeat),

    async transfer({ key, from, to, ttl }: TransferRequest): Promise<TransferReply> {
      const reply = await transfer(add([], key), [from, to, `${ttl}`]);
      return read(key, () => transferReply(key, reply));
    },

    async inspect(key: string): Promise<DriverInspection> {
      const reply = await inspect(add([], key), [`${NAMED_WAITERS}`]);
      return read(key, () => inspectReply(key, reply));
    },

    async forceRelease({ key, fence, reason = "" }: ForceReleaseRequest): Promise<boolean> {
      const reply = await forceRelease(add([], key), [`${fence ?? ""}`, reason]);
      return read(key, () => flag(key, reply));
    },
  };
}
