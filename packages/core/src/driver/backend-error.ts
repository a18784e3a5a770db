// Tested by test/locking/refusals.test.ts, test/locking/outage.test.ts
import { messageOf } from "./cause";
import { DriverError } from "./driver-error";
import { LockBackendError, LockError } from "./errors";
import { ANSWER_TIMEOUT } from "./with-timeout";

export type Verb = "acquire" | "extend" | "release" | "transfer" | "inspect" | "forceRelease";

/** The message of a driver's error, and its advice. */
const advised = (error: unknown): string =>
  DriverError.is(error) && error.advice !== undefined ? `${messageOf(error)}: ${error.advice}` : messageOf(error);

/** Returns the error that callers see for a driver's rejection. */
export const backendError = (key: string, verb: Verb, error: unknown): LockError =>
  LockError.is(error) ? error : new LockBackendError(key, `${verb} failed: ${advised(error)}`, error);

export const noAnswer = (key: string, verb: Verb, ms: number = ANSWER_TIMEOUT, cause?: unknown): LockBackendError =>
  new LockBackendError(
    key,
    cause === undefined
      ? `${verb} got no answer from Redis within ${Math.round(ms)} ms: check that Redis is reachable, and the client's error events`
      : `${verb} failed for ${Math.round(ms)} ms, last with: ${advised(cause)}`,
    cause,
  );

const MEANWHILE = "waiters still get their locks, up to 1.3 s later";

/** For a warning: heartbeats find grants, but no message of them came. */
export const noMessages = (key: string): LockBackendError =>
  new LockBackendError(
    key,
    `messages of grants do not arrive; ${MEANWHILE}, and the listener is replaced: check whether a firewall or proxy drops idle connections, and that all processes may PUBLISH to distlock:*`,
  );

/** For a warning: the inbox can't be opened. */
export const noListener = (key: string, cause: unknown): LockBackendError =>
  new LockBackendError(
    key,
    `no connection can be opened to listen for messages of grants: ${messageOf(cause)}; ${MEANWHILE}: check that the server accepts one more connection for each locker (maxclients)`,
    cause,
  );

/** For a warning: the user may not use the channels. */
export const noChannels = (key: string, what: string, cause?: unknown): LockBackendError =>
  new LockBackendError(
    key,
    `the server refuses messages of grants: ${what}; ${MEANWHILE}, and holders learn of a forced release at their next extension: check that the user may SUBSCRIBE and PUBLISH (+subscribe +publish &distlock:*)`,
    cause,
  );

/** True for an error of a program, not of a connection. For a lost connection `fetch` throws a TypeError with a cause. */
const isBug = (error: unknown): boolean =>
  error instanceof RangeError ||
  error instanceof ReferenceError ||
  error instanceof SyntaxError ||
  (error instanceof TypeError && error.cause === undefined);

/** True if asking again is pointless: the key is not a lock, the driver says that retrying cannot fix it, or it is a bug. */
export const isRefusal = (error: unknown): boolean =>
  LockError.is(error) || isBug(error) || (DriverError.is(error) && !error.retryable);

/** True if the client says that it is closed. It may be opened again. */
export const isClosedClient = (error: unknown): boolean => error instanceof Error && error.name === "ClosedClientError";

/**
 * True for a failure that does not pass while one waits. The call then asks again, and its request decides whether it ends: a
 * closed client may be opened again.
 */
export const isLasting = (error: unknown): boolean => isRefusal(error) || isClosedClient(error);
