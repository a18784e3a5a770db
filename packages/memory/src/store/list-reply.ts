import { staleFence } from "./stale-fence";
import { UnknownOutcomeError } from "./unknown-outcome-error";
import { otherWrite } from "./write-digest";

/** Replies may come as the bytes of a string, if the caller's other code wants them so. */
export const textOfReply = (part: unknown): string =>
  part instanceof Uint8Array ? Buffer.from(part).toString() : String(part);

/** The call that a reply is for. */
export interface ListCall {
  /** The key of the session's lock. */
  readonly key: string;
  /** The name of the texts, such as `messages`. */
  readonly name: string;
  /** The keys of the script. */
  readonly keys: readonly string[];
  readonly maxBytes: number;
  readonly fence?: number | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** The error for a key that holds a value that is not ours. */
export const foreignError = (list: string, name: string, what = "something else", cause?: unknown): Error =>
  new Error(
    `key ${JSON.stringify(list)} holds ${what}, and not a session's ${name}: use another key`,
    cause === undefined ? undefined : { cause },
  );

/** Reads the reply of a script. If it is a refusal, throws the error of the call. */
export function replyOf(reply: unknown, call: ListCall): [status: string, ...string[]] {
  const [status = "", ...rest] = (Array.isArray(reply) ? reply : [reply]).map(textOfReply);
  const { key, name, keys, maxBytes, fence, idempotencyKey = "" } = call;
  switch (status) {
    case "stale":
    case "unfenced":
      throw staleFence(key, fence, rest[0]!);
    case "forgotten":
      throw new UnknownOutcomeError(key, `it came late, and the record of earlier copies of it is gone`);
    case "lost":
      throw new UnknownOutcomeError(key, "Redis has lost its record of this turn, or has returned to an older state");
    case "differs":
      throw otherWrite(idempotencyKey);
    case "full":
      throw new RangeError(
        `a write must have at most maxBytes, ${maxBytes} bytes, with the ${rest[0]} of the system's first message`,
      );
    case "foreign":
      throw foreignError(keys[Number(rest[0]) - 1]!, name, `a ${rest[1]}`);
  }
  return [status, ...rest];
}

/**
 * The error of a write whose command failed with this error of the client. Only some replies of Redis say for sure that nothing
 * was done, even if the client has sent the command twice: the first word of these replies is a code in every client.
 */
export const failureOf = (key: string, error: unknown): unknown =>
  error instanceof RangeError ||
  /^(ERR|OOM|NOPERM|NOAUTH|WRONGPASS|WRONGTYPE|NOSCRIPT|CROSSSLOT|EXECABORT)\b/.test((error as Error)?.message)
    ? error
    : new UnknownOutcomeError(key, error instanceof Error ? error.message : String(error), error);
