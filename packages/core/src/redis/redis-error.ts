// Tested by packages/core/test/driver-error.test.ts
import { messageOf, withoutCommand } from "../driver/cause";
import { DriverError } from "../driver/driver-error";
import { LockError } from "../driver/errors";
import { rule } from "../driver/rights";

/**
 * What to do about an error of Redis or of a client. Redis error codes are the first word of the message in every client; before
 * Redis 7 the message of an error inside a script has more in front of it.
 */
const advice: readonly (readonly [RegExp, string])[] = [
  [/\b(NOAUTH|WRONGPASS)\b/, "set the right username and password on the client"],
  [/\bNOPERM\b|ACL failure in script|user executing the script/, `the user needs all of ${rule}`],
  [
    /\b(READONLY|MASTERDOWN)\b/,
    "this server is a replica: connect to the primary, by Sentinel or Cluster for instance",
  ],
  [/\bLOADING\b/, "the server is still loading its data: try again later"],
  [/\bOOM\b/, "the server's memory is full: raise maxmemory, or delete keys that are not needed"],
  [/\bNOREPLICAS\b/, "too few replicas are connected: see min-replicas-to-write"],
  [/\bMISCONF\b/, "the server can't save its data: see its log"],
  [/\bBUSY\b/, "a script blocks the server: see SCRIPT KILL"],
  [/\bCLUSTERDOWN\b/, "no node serves this key's slot: see CLUSTER INFO"],
  [/\b(MOVED|ASK|CROSSSLOT)\b/, "this is a node of a Cluster: use the client's Cluster class"],
  [/\bECONNREFUSED\b/, "no server listens at the client's address: check host and port"],
];

/** Codes with which Redis refuses for reasons that retrying cannot fix. */
const REFUSAL = /^(ERR(?! Error running script| WAIT )|NOAUTH|WRONGPASS|NOPERM|CROSSSLOT|WRONGTYPE)\b/;

/** The error with which the driver rejects in place of a client's: it says whether to try again, and what to do. */
export function redisError(error: unknown): unknown {
  if (LockError.is(error) || DriverError.is(error)) return error;
  const message = messageOf(error);
  const isRefusal = REFUSAL.test(message);
  const found = advice.find(([pattern]) => pattern.test(message));
  if (!isRefusal && !found) return error;
  return new DriverError(message, { retryable: !isRefusal, advice: found?.[1], cause: withoutCommand(error) });
}

/** For `catch`: rejects with the driver's error. */
export function rejectAsDriver(error: unknown): never {
  throw redisError(error);
}

/** True if the server takes no more connections. That has nothing to do with rights. */
export const isCrowded = (error: unknown): boolean => /\bmax number of clients\b/.test(messageOf(error));
