// Tested by packages/core/test/unanswered.test.ts
import { ANSWER_TIMEOUT } from "../../driver/with-timeout";
import { GROWTH } from "../queue/line";

/** Says how long the reply to a request is awaited before the request is sent again. */
interface Patience {
  /** When the first request was sent that has no reply, if there is one. */
  readonly silentSince: number | undefined;
  /** A request is sent at `time`. Returns for how many ms its reply is awaited. */
  sent(time: number): number;
  /** A request was answered, or failed. */
  answered(): void;
}

/**
 * A client may lose a command without an error, so a request without a reply is sent again. A client may also keep all commands
 * while the server is away, so the pauses grow with the silence.
 */
export function createPatience(): Patience {
  let silentSince: number | undefined;
  return {
    get silentSince() {
      return silentSince;
    },
    sent(time) {
      silentSince ??= time;
      return Math.max(ANSWER_TIMEOUT, GROWTH * (time - silentSince));
    },
    answered() {
      silentSince = undefined;
    },
  };
}
