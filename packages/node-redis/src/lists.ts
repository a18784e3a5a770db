import type { ListReader } from "@distlock/core";
import type { Extras, ScriptInput } from "./client";

/** The part of a client that reading lists needs. */
interface Lists {
  lRange(key: string, first: number, last: number): Promise<unknown>;
  /** A Cluster of redis 4 has to be told a key. */
  multi(routing: string): {
    eval(script: string, input: ScriptInput): unknown;
    evalSha(sha1: string, input: ScriptInput): unknown;
    lRange(key: string, first: number, last: number): unknown;
    exec(): Promise<readonly [unknown, unknown]>;
  };
}

/** What the client says of a transaction of which a command failed. */
interface MultiError {
  readonly replies?: readonly unknown[];
  readonly errorIndexes?: readonly number[];
}

const firstOf = (error: MultiError): unknown => error.replies?.[error.errorIndexes?.[0] ?? -1] ?? error;

/** `send` is what all commands of a key go through. */
export function listsOf(
  client: Extras,
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
