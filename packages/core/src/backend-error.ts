import { LockBackendError, LockError } from "./errors";
import { ANSWER_TIMEOUT } from "./within";

export type Verb = "acquire" | "extend" | "release" | "inspect" | "forceRelease";

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A driver's rejection as the error that callers see. */
export const backendError = (key: string, verb: Verb, error: unknown): LockError =>
  LockError.is(error) ? error : new LockBackendError(key, `${verb} failed: ${messageOf(error)}`, error);

export const noAnswer = (key: string, verb: Verb, ms: number = ANSWER_TIMEOUT, cause?: unknown): LockBackendError =>
  new LockBackendError(
    key,
    cause === undefined
      ? `${verb} got no answer from Redis within ${Math.round(ms)} ms`
      : `${verb} failed for ${Math.round(ms)} ms, last with: ${messageOf(cause)}`,
    cause,
  );

/**
 * Whether asking again is pointless: the key is no lock, or Redis refused for a reason that time does not heal.
 * Redis error codes are the first word of the message in every client; before Redis 7 an error inside a script has
 * `ERR Error running script` before it, whatever its own code is.
 */
export const isRefusal = (error: unknown): boolean =>
  LockError.is(error) ||
  /^(ERR(?! Error running script)|NOAUTH|WRONGPASS|NOPERM|CROSSSLOT|WRONGTYPE)\b/.test(messageOf(error));
