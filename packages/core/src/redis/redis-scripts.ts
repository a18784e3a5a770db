// Tested by test/locking/few-rights.test.ts, test/model/scripts.test.ts
import acquireLua from "../../lua/acquire.lua";
import extendLua from "../../lua/extend.lua";
import forceReleaseLua from "../../lua/force-release.lua";
import heartbeatLua from "../../lua/heartbeat.lua";
import inspectLua from "../../lua/inspect.lua";
import releaseLua from "../../lua/release.lua";
import transferLua from "../../lua/transfer.lua";
import type {
  AcquireReply,
  DriverInspection,
  ExtendReply,
  ExtendRequest,
  ReleaseReply,
  ReleaseRequest,
  TransferReply,
  TransferRequest,
} from "../driver/driver";
import type { HeartbeatReply, HeartbeatRequest } from "../driver/driver-queue";
import { CLAIM, TOMBSTONE, WINDOW } from "../driver/times";
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
import { type RunScript, script } from "./script";

/** How many requests share one command: few enough that the server works on some while the client works on others. */
const BATCH_LIMIT = 32;
/** Nobody waits for the reply to an extension or a heartbeat. */
const BACKGROUND_BATCH_LIMIT = 128;
/** A heartbeat of so many waiters of one key costs about as much as a heartbeat of another key. */
const TOKENS_OF_A_KEY = 8;

/** The arguments that lua/lib/times.lua names. */
export const timesFor = (fenceTtl: number): readonly string[] => [`${CLAIM}`, `${WINDOW}`, `${fenceTtl}`];

/** A request for one key. */
interface OneKeyRequest {
  readonly key: string;
  readonly token: string;
  readonly ttl: number;
  /** The ticket of its place. Absent: do not wait. */
  readonly ticket: number | undefined;
}

/** A script that serves one lock. */
function single(connection: RedisConnection, lua: string): RunScript {
  const run = script(connection, lua);
  return (keys, args) => run(keys, args).catch(rejectAsDriver);
}

/**
 * The scripts as functions of one request. `onUnpublished` is called when the server refused to publish a message. `settle`
 * sends a release again.
 */
export function redisScripts(
  connection: RedisConnection,
  { of: keysOf, slotOf }: LockKeys,
  fenceTtl: number,
  onUnpublished: (key: string, why: string) => void,
  settle: (request: ReleaseRequest) => void,
) {
  const times = timesFor(fenceTtl);

  const acquire: BatchedScript<OneKeyRequest, AcquireReply> = {
    lua: acquireLua,
    limit: BATCH_LIMIT,
    groupOf: ({ key }) => slotOf(key),
    leadingArguments: () => times,
    keysOf: ({ key, token }) => keysOf(key, token),
    argumentsOf: ({ token, ttl, ticket = "" }) => [token, `${ttl}`, `${ticket}`],
    parse: ({ key }, reply) => acquireReply(key, reply),
  };

  const extend: BatchedScript<ExtendRequest, ExtendReply> = {
    lua: extendLua,
    limit: BACKGROUND_BATCH_LIMIT,
    groupOf: ({ key, ttl }) => `${ttl} ${slotOf(key)}`,
    leadingArguments: ({ ttl }) => [`${ttl}`, `${Math.max(fenceTtl, ttl)}`],
    keysOf: ({ key }) => keysOf(key).slice(0, 2),
    argumentsOf: ({ token }) => [token],
    parse: ({ key }, reply) => extendReply(key, reply),
  };

  const release: BatchedScript<ReleaseRequest, ReleaseReply> = {
    lua: releaseLua,
    limit: BATCH_LIMIT,
    groupOf: ({ key }) => slotOf(key),
    leadingArguments: () => times,
    keysOf: ({ key, token }) => keysOf(key, token),
    argumentsOf: ({ token, tombstone }) => [token, tombstone ? `${TOMBSTONE}` : "0"],
    parse: (request, reply) => releaseReply(request.key, reply, () => settle(request)),
  };

  const heartbeat: BatchedScript<HeartbeatRequest, HeartbeatReply> = {
    lua: heartbeatLua,
    limit: BACKGROUND_BATCH_LIMIT,
    weightOf: ({ tokens }) => Math.max(1, tokens.length / TOKENS_OF_A_KEY),
    groupOf: ({ key, inbox }) => `${inbox} ${slotOf(key)}`,
    leadingArguments: ({ inbox }) => [...times, inbox],
    keysOf: ({ key }) => keysOf(key).slice(0, 4),
    argumentsOf: ({ tokens }) => [`${tokens.length}`, ...tokens],
    parse: heartbeatReply,
  };

  const transfer = single(connection, transferLua);
  const inspect = single(connection, inspectLua);
  const forceRelease = single(connection, forceReleaseLua);
  const batched = <Request extends { readonly key: string }, Reply>(one: BatchedScript<Request, Reply>) =>
    batchedScript(connection, one, onUnpublished);

  return {
    acquire: batched(acquire),
    extend: batched(extend),
    release: batched(release),
    heartbeat: batched(heartbeat),

    async transfer({ key, from, to, ttl }: TransferRequest): Promise<TransferReply> {
      const reply = await transfer(keysOf(key, to), [...times, from, to, `${ttl}`]);
      return read(key, () => transferReply(key, reply));
    },

    async inspect(key: string): Promise<DriverInspection> {
      const reply = await inspect(keysOf(key).slice(0, 3), []);
      return read(key, () => inspectReply(key, reply));
    },

    async forceRelease(key: string): Promise<boolean> {
      const reply = await forceRelease(keysOf(key), times);
      return read(key, () => flag(key, reply));
    },
  };
}
