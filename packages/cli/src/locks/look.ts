import { type Seen, seenAt } from "./seen";
import { serverClock } from "./server-clock";
import type { Session } from "./session";

/** Looks at one lock. Its ages are by the clock of the server that has it. */
export async function lookAt(key: string, { connection, locker, ask }: Session): Promise<Seen> {
  const found = await ask.within(locker.inspect(key));
  const clock = await serverClock(connection.nodeOf(key), ask);
  return seenAt(clock(), key, found);
}
