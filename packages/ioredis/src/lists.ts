import type { ListReader } from "@distlock/core/driver";
import type { IoredisClient } from "./client";

type Script = [script: string, keyCount: number, ...keysAndArgs: string[]];
type Outcome = readonly [error: Error | null, reply: unknown];

/** The part of a client that reading lists needs. */
interface Lists {
  lrange(key: string, first: number, last: number): Promise<unknown>;
  multi(): {
    eval(...script: Script): unknown;
    evalsha(...script: Script): unknown;
    lrange(key: string, first: number, last: number): unknown;
    exec(): Promise<readonly [Outcome, Outcome] | null>;
  };
}

/** The error of a command that the server refused before it began the transaction. The client keeps it behind `EXECABORT`. */
const firstOf = (error: { previousErrors?: readonly unknown[] }): unknown => error.previousErrors?.[0] ?? error;

export function listsOf(client: IoredisClient): ListReader {
  const lists = client as unknown as Lists;
  return {
    lrange: (key, first, last) => lists.lrange(key, first, last),
    async lrangeAfter(how, script, keys, args, first, last) {
      const transaction = lists.multi();
      transaction[how === "eval" ? "eval" : "evalsha"](script, keys.length, ...keys, ...args);
      transaction.lrange(keys[0]!, first, last);
      const outcomes = await transaction.exec().catch((error) => {
        throw firstOf(error);
      });
      if (outcomes === null) throw new Error("the server discarded the transaction");
      for (const [error] of outcomes) if (error) throw error;
      return [outcomes[0][1], outcomes[1][1]];
    },
  };
}
