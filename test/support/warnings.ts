import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { LockError } from "@distlock/core";

const CHANNEL = "distlock:warning";

/** The warnings on the diagnostics channel while `run` ran, of the locks whose keys contain `of`. */
export async function warningsOf(of: string, run: () => Promise<unknown>): Promise<LockError[]> {
  const heard: LockError[] = [];
  const listener = (message: unknown) => {
    if (LockError.is(message) && message.key.includes(of)) heard.push(message);
  };
  subscribe(CHANNEL, listener);
  try {
    await run();
  } finally {
    unsubscribe(CHANNEL, listener);
  }
  return heard;
}
