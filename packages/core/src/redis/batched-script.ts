// Tested by test/locking/batches.test.ts, packages/testing/src/contract/extend.ts
import type { Call } from "../driver/driver";
import { background } from "../driver/observe/through";
import { batched, type Pending } from "./batch";
import type { RedisConnection } from "./connection";
import { redisError } from "./redis-error";
import { text, unreadable } from "./replies";
import { reportFailure } from "./report-failure";
import { script } from "./script";

/** A script that serves many locks at once, with one reply for each. */
export interface BatchedScript<Request extends { readonly key: string }, Reply> {
  /** What the command does, for those who count failures. */
  readonly verb: string;
  readonly lua: string;
  /** The largest weight of the requests of one command, unless it is one request alone. */
  readonly limit: number;
  /** Default: 1 for each. */
  weightOf?(request: Request): number;
  /** Requests of the same group may share a command. */
  groupOf(request: Request): string;
  /** Adds the arguments in front of the ones of each lock. They are the same for all requests of a group. Default: none. */
  writeFirst?(request: Request, args: string[]): void;
  /** Adds the keys and arguments of one lock. */
  write(request: Request, keys: string[], args: string[]): void;
  parse(request: Request, reply: unknown): Reply;
}

/**
 * True for an error that Redis may raise for a whole command because of one of its keys, before it runs the script. Each
 * request is then sent again in a command of its own.
 */
const isPerKeyError = (error: unknown): boolean =>
  error instanceof Error && /^(ERR|NOSCRIPT|NOPERM|CROSSSLOT)\b/.test(error.message);

const isAbandoned = ({ call }: { readonly call: Call | undefined }): boolean => call?.abandoned ?? false;

/** The call of a whole batch: abandoned once one of its requests is, as the command can't be sent again without that one. */
const sharedCall = (batch: readonly { readonly call: Call | undefined }[]): Call => ({
  get abandoned() {
    return batch.some(isAbandoned);
  },
});

/**
 * Returns the script as a function of one request; the requests of one tick share a command. `onUnpublished` is called when
 * the server refused to publish a message of the script.
 */
export function batchedScript<Request extends { readonly key: string }, Reply>(
  connection: RedisConnection,
  { verb, lua, limit, weightOf = () => 1, groupOf, writeFirst, write, parse }: BatchedScript<Request, Reply>,
  onUnpublished: (key: string, why: string) => void,
): (request: Request, call?: Call) => Promise<Reply> {
  type Batch = readonly Pending<Request, Reply>[];

  const run = script(connection, lua);

  function send(batch: Batch): void {
    try {
      if (batch.length === 1) sendInContext(batch);
      // A command of several callers belongs to none of them.
      else background(() => sendInContext(batch));
    } catch (error) {
      for (const { reject } of batch) reject(redisError(error));
    }
  }

  function sendInContext(batch: Batch): void {
    const [first] = batch as readonly [Pending<Request, Reply>];
    const keys: string[] = [];
    const args: string[] = [];
    writeFirst?.(first.request, args);
    for (const { request } of batch) write(request, keys, args);
    run(keys, args, batch.length === 1 ? first.call : sharedCall(batch)).then(
      (reply) => settle(batch, reply),
      (error) => fail(batch, error),
    );
  }

  function settle(batch: Batch, reply: unknown): void {
    const replies = Array.isArray(reply) ? reply : [];
    const hasNote = replies.length === batch.length + 1;
    if (hasNote) onUnpublished(batch[0]!.request.key, text(replies.at(-1)));
    const isComplete = hasNote || replies.length === batch.length;
    batch.forEach(({ request, resolve, reject }, i) => {
      try {
        resolve(parse(request, isComplete ? replies[i] : undefined));
      } catch (error) {
        // The part of one lock has failed inside a script.
        reportFailure(verb, error);
        reject(unreadable(request.key, error));
      }
    });
  }

  function fail(batch: Batch, error: unknown): void {
    reportFailure(verb, error);
    const sendEachAlone = batch.length > 1 && isPerKeyError(error);
    for (const pending of batch) {
      if (sendEachAlone && !isAbandoned(pending)) send([pending]);
      else pending.reject(redisError(error));
    }
  }

  return batched({ limit, weightOf, groupOf, send });
}
