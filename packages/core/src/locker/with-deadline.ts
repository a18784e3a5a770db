// Tested by packages/core/test/ambiguity.test.ts, test/waiting/stalled-waits.test.ts
import { backendError, noAnswer, type Verb } from "../driver/backend-error";
import { ANSWER_TIMEOUT, withTimeout } from "../driver/with-timeout";

/** Sends a request. Rejects with a `LockBackendError` if it fails, or has no reply after `patience` ms. */
export async function withDeadline<T>(
  verb: Verb,
  key: string,
  send: () => Promise<T>,
  patience = ANSWER_TIMEOUT,
): Promise<T> {
  try {
    return await withTimeout(patience, send(), () => noAnswer(key, verb, patience));
  } catch (error) {
    throw backendError(key, verb, error);
  }
}
