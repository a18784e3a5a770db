// Tested by test/holding/ending.test.ts, test/waiting/ends.test.ts
import { clock } from "../driver/clock";
import { turn } from "../driver/with-timeout";

const tick = (): Promise<void> => new Promise((resolve) => clock.tick(resolve));

/**
 * Resolves once clients have written the commands that were sent so far, for each client that is tested
 * (test/model/stall.test.ts). After the first tick the requests have left their batches. An adapter or a client may put promises
 * before the client's write: after the second tick they are over. Some clients then write in an immediate of their own. It was
 * set before ours, so it runs before ours.
 */
export async function clientsFlushed(): Promise<void> {
  await tick();
  await tick();
  await turn();
}
