// Tested by test/holding/ending.test.ts, test/waiting/ends.test.ts
import { turn } from "../driver/with-timeout";

/** Resolves once clients have flushed the commands sent so far: some flush at the end of the event loop's turn. */
export async function clientsFlushed(): Promise<void> {
  for (let i = 0; i < 2; i++) await turn();
}
