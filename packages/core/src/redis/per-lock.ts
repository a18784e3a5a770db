import { AsyncResource } from "node:async_hooks";
import type { Call } from "../driver/driver";
import { type Asked, batched } from "./batch";
import type { RedisConnection } from "./connection";
import { text, unreadable } from "./replies";
import { script } from "./script";

/** A script that serves many locks at once, with one reply for each. */
export interface PerLock<Q extends { readonly key: string }, R> {
  readonly lua: string;
  /** Requests of one command weigh no more than that, unless it is one alone. */
  readonly largest: number;
  /** Default: 1 for each. */
  weightOf?(request: Q): number;
  /** Requests of one group may share a command, and have the same `first`. */
  groupOf(request: Q): string;
  /** The arguments before those of each lock. */
  first(request: Q): string[];
  /** Puts the keys and arguments of a lock behind the others. */
  add(request: Q, keys: string[], args: string[]): void;
  parse(request: Q, reply: unknown): R;
}

/** What Redis may say of a command because of one of its keys, before anything is done: each lock is then asked for alone. */
const isOfOne = (error: unknown): boolean =>
  error instanceof Error && /^(ERR|NOSCRIPT|NOPERM|CROSSSLOT)\b/.test(error.message);

const isAbandoned = ({ call }: { readonly call: Call | undefined }): boolean => call?.abandoned ?? false;

/** The call of several requests: abandoned once one of them is, as it can't be sent again without that one. */
const together = (asked: readonly { readonly call: Call | undefined }[]): Call => ({
  get abandoned() {
    return asked.some(isAbandoned);
  },
});

/** Calls of one tick share a command. `unpublished` is called when the server refused to publish a message of a script. */
export function perLock<Q extends { readonly key: string }, R>(
  connection: RedisConnection,
  { lua, largest, weightOf = () => 1, groupOf, first, add, parse }: PerLock<Q, R>,
  unpublished: (key: string, why: string) => void,
): (request: Q, call?: Call) => Promise<R> {
  const run = script(connection, lua);
  // A command of several callers belongs to none of them: it runs in the context in which the driver was made.
  const ownContext = new AsyncResource("distlock.batch");

  function flush(asked: readonly Asked<Q, R>[]): void {
    try {
      if (asked.length === 1) send(asked);
      else ownContext.runInAsyncScope(send, undefined, asked);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }

  function send(asked: readonly Asked<Q, R>[]): void {
    const [{ request, call }] = asked as readonly [Asked<Q, R>];
    const alone = asked.length === 1;
    const keys: string[] = [];
    const args = first(request);
    for (const { request } of asked) add(request, keys, args);
    run(keys, args, alone ? call : together(asked)).then(
      (reply) => answer(asked, reply),
      (error) => {
        for (const one of asked) {
          if (!alone && isOfOne(error) && !isAbandoned(one)) flush([one]);
          else one.reject(error);
        }
      },
    );
  }

  function answer(asked: readonly Asked<Q, R>[], reply: unknown): void {
    const replies = Array.isArray(reply) ? reply : [];
    const hasNote = replies.length === asked.length + 1;
    if (hasNote) unpublished(asked[0]!.request.key, text(replies.at(-1)));
    const isList = hasNote || replies.length === asked.length;
    asked.forEach(({ request, resolve, reject }, i) => {
      try {
        resolve(parse(request, isList ? replies[i] : undefined));
      } catch (error) {
        reject(unreadable(request.key, error));
      }
    });
  }
  return batched<Q, R>(largest, weightOf, groupOf, flush);
}
