import { channel } from "node:diagnostics_channel";
import type { LockError } from "./errors";

const warnings = channel("distlock:warning");

/**
 * Tells of a failure that no caller can be told of. Subscribers of the diagnostics channel `distlock:warning` get the
 * error; if there are none it becomes a process warning, which Node prints.
 */
export function warn(error: LockError): void {
  if (warnings.hasSubscribers) warnings.publish(error);
  else process.emitWarning(error.message, { type: "DistlockWarning", code: error.code });
}
