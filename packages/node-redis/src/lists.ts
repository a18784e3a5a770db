import type { ListReader } from "@distlock/core/driver";
import type { ScriptInput } from "./client";
import type { AnyNodeRedisClient } from "./client-internals";

/** The part of a client that reading lists needs. */
interface Lists {
  lRange(key: string, first: number, last: number): Promise<unknown>;
  /** A Cluster of redis 4 needs a key here. */
  multi(routing: string): {
    eval(script: string, input: ScriptInput): unknown;
    evalSha(sha1: string, input: ScriptInput): unknown;
    lRange(key: string, first: number, last: number): unknown;
    exec(): Promise<readonly [unknown, unknown]>;
  };
}

/** The client's error for a transaction with a command that failed. */
interface MultiError {
  readonly replies?: readonly unknown[];
  readonly errorIndexes?: readonly number[];
}

const firstOf = (error: MultiError): unknown => error.replies?.[error.errorIndexes?.[0] ?? -1] ?? error;

/** All commands of a key go through `send`. */
export function listsOf(
  client: AnyNodeRedisClient,
  send: (key: string, command: () => Promise<unknown>) => Promise<unknown>,
): ListReader {
  const lists = client as unknown as Lists;
  return {
    lrange: (key, first, last) => send(key, () => lists.lRange(key, first, last)),
    async lrangeAfter(how, script, keys, args, first, last) {
      const key = keys[0]!;
      const replies = send(key, async () => {
        const transaction = lists.multi(key);
        transaction[how](script, { keys: [...keys], arguments: [...args] });
        transaction.lRange(key, first, last);
        return transaction.exec().catch((error) => {
          throw firstOf(error);
        });
      });
      return replies as Promise<readonly [unknown, unknown]>;
    },
  };
}
