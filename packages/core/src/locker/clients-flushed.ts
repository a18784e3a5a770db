// Tested by test/holding/ending.test.ts, test/waiting/ends.test.ts
import { turn } from "../driver/with-timeout";

/**
 * Resolves once clients have written the commands that were sent so far. Two turns of the event loop are enough for each
 * client that is tested (test/model/stall.test.ts). A request leaves its batch at the next tick, and promises of the adapter
 * and the client are settled in the same turn. Then the client writes, some clients at the end of the turn, by an immediate.
 * That one was set after the immediate of our first turn, so it runs after it; our second turn ends after both.
 */
export async function clientsFlushed(): Promise<void> {
  for (let i = 0; i < 2; i++) await turn();
}
