import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type AcquireOperation, CHANNELS, type ExtendOperation } from "@distlock/core";

const acquired = `tracing:${CHANNELS.acquire}:asyncEnd`;
const extended = `tracing:${CHANNELS.extend}:asyncEnd`;

/** Calls back whenever a holder passed a lock on to a call of this process. No result of a call says so. */
export function onHandOver(callback: () => void): void {
  subscribe(acquired, (message) => {
    if ((message as AcquireOperation).handedOver) callback();
  });
}

/** Resolves when the lease of the key was extended, or when the signal aborts. */
export function untilExtended(key: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (message: unknown) => {
      const { keys, outcome } = message as ExtendOperation;
      if (keys.includes(key) && outcome === "held") end();
    };
    const end = () => {
      unsubscribe(extended, look);
      resolve();
    };
    subscribe(extended, look);
    untilAborted(signal).then(end);
  });
}

/** Resolves when the signal aborts. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
