import { randomBytes } from "node:crypto";
import type { RunScript } from "@distlock/core/driver";
import { untilAborted } from "../support/until-aborted";
import type { ListConnection } from "./assert-connection";
import { checkWrite } from "./check-write";
import { fencedListScripts } from "./fenced-list-scripts";
import type { ListLimits, ListPlace } from "./list-options";
import { failureOf, foreignError, replyOf, textOfReply } from "./list-reply";
import type { MemoryOptions, WriteOptions } from "./memory";
import { type Page, rangeOf } from "./page";
import { nameOfWrite } from "./write-digest";

/** The calls of one list: they send the commands, and read the replies. */
export interface ListCalls {
  readonly key: string;
  read(options?: MemoryOptions, page?: Page): Promise<string[]>;
  /** Runs a script that writes. `digest` is asked for where the write has a name. */
  write(
    how: RunScript,
    args: readonly string[],
    options: WriteOptions | undefined,
    digest: () => string,
  ): Promise<[status: string, ...string[]]>;
}

/** For how long the hash of the writes outlives the list: as long as a lock remembers its own last fence. */
const OUTLIVES = String(86_400_000);

export function createListCalls(
  connection: ListConnection,
  { key, name }: ListPlace,
  { ttl, maxItems, maxBytes, maxTurns }: ListLimits,
): ListCalls {
  const { stampAndRead } = fencedListScripts(connection);
  const list = `${key}:${name}`;
  const keys = [list, `${list}:writes`];
  const limits = [maxItems, maxBytes, maxTurns].map(String);
  /** The highest fence with which a call was answered. If Redis does not have it later on, it was lost there. */
  let stamped = 0;

  const stampOf = (fence: number | undefined): string[] => [
    fence === undefined ? "" : String(fence),
    fence === stamped ? "1" : "0",
    OUTLIVES,
    String(ttl),
  ];

  function answered(reply: unknown, options: WriteOptions): [status: string, ...string[]] {
    const parsed = replyOf(reply, { ...options, key, name, keys, maxBytes });
    if (parsed[0] !== "before") stamped = Math.max(stamped, options.fence ?? 0);
    return parsed;
  }

  return {
    key: list,
    async read(options = {}, page = {}) {
      checkWrite({ fence: options.fence });
      const range = rangeOf(page);
      const { signal, fence } = options;
      signal?.throwIfAborted();
      const reading: Promise<readonly [reply: unknown, texts: unknown]> =
        fence === undefined
          ? connection.lists.lrange(list, ...range).then((texts) => ["read", texts])
          : stampAndRead(keys, stampOf(fence), range);
      const [reply, texts] = await untilAborted(reading, signal).catch((error) => {
        throw String(error?.message).startsWith("WRONGTYPE") ? foreignError(list, name, undefined, error) : error;
      });
      answered(reply, { fence });
      return (texts as unknown[]).map(textOfReply);
    },
    async write(how, args, options = {}, digest) {
      checkWrite(options);
      const { signal, fence, idempotencyKey } = options;
      signal?.throwIfAborted();
      const what = idempotencyKey === undefined ? ["", ""] : [nameOfWrite(idempotencyKey), digest()];
      const id = randomBytes(12).toString("base64url");
      const call = {
        get abandoned() {
          return signal?.aborted ?? false;
        },
      };
      const sent = how(keys, [...stampOf(fence), id, ...what, ...limits, ...args], call).catch((error) => {
        throw failureOf(key, error);
      });
      return answered(await untilAborted(sent, signal), options);
    },
  };
}
