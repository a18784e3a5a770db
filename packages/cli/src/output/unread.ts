import { constants } from "node:os";
import { SIGNALED } from "../exit-codes";

/**
 * Ends the program when nobody reads its data any more, as `head` does when it has enough. Other programs are ended by SIGPIPE then. An
 * error on standard error is ignored: a note that nobody reads must not end a command under a lock.
 */
export function endWhenUnread(): void {
  process.stdout.on("error", () => process.exit(SIGNALED + constants.signals.SIGPIPE));
  process.stderr.on("error", () => {});
}
