// Tested by test/holding/ending.test.ts, test/waiting/ends.test.ts
import { turn } from "../driver/with-timeout";

/**
 * Resolves once clients have written the commands that were sent so far. Two turns of the event loop are enough for each
 * client that is tested (test/model/stall.test.ts). A request leaves its batch at the next tick, and an adapter may
 * put promises before the client: both are over before the next immediates run. Some clients then write in an immediate of
 * their own. It was set after the immediate of our first turn, so it runs after that one, and before our second turn ends.
 */
export async function clientsFlushed(): Promise<void> {
  for (let i = 0; i < 2; i++) await turn();
}
