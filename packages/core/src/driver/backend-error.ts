// Tested by test/locking/refusals.test.ts, test/locking/outage.test.ts
import { messageOf } from "./cause";
import { LockBackendError, LockError } from "./errors";
import { rule } from "./rights";
import { ANSWER_TIMEOUT } from "./within";

export type Verb = "acquire" | "extend" | "release" | "transfer" | "inspect" | "forceRelease";

/**
 * What to do about what Redis or a client says. Redis error codes are the first word of the message in every client; before
 * Redis 7 an error inside a script has more before it.
 */
const advice: readonly (readonly [RegExp, string])[] = [
  [/\b(NOAUTH|WRONGPASS)\b/, "give the client the right username and password"],
  [/\bNOPERM\b|ACL failure in script|user executing the script/, `the user needs all of ${rule}`],
  [
    /\b(READONLY|MASTERDOWN)\b/,
    "this server is a replica: connect to the primary, by Sentinel or Cluster for instance",
  ],
  [/\bLOADING\b/, "the server is still reading its data"],
  [/\bOOM\b/, "the server's memory is full: raise maxmemory, or delete what is not needed"],
  [/\bNOREPLICAS\b/, "too few replicas are connected: see min-replicas-to-write"],
  [/\bMISCONF\b/, "the server can't save its data: see its log"],
  [/\bBUSY\b/, "a script keeps the server from working: see SCRIPT KILL"],
  [/\bCLUSTERDOWN\b/, "no node serves this key's slot: see CLUSTER INFO"],
  [/\b(MOVED|ASK|CROSSSLOT)\b/, "this is a node of a Cluster: use the client's Cluster class"],
  [/\bECONNREFUSED\b/, "nothing listens at the client's address"],
];

const advised = (error: unknown): string => {
  const message = messageOf(error);
  const found = advice.find(([pattern]) => pattern.test(message));
  return found ? `${message}: ${found[1]}` : message;
};

/** A driver's rejection as the error that callers see. */
export const backendError = (key: string, verb: Verb, error: unknown): LockError =>
  LockError.is(error) ? error : new LockBackendError(key, `${verb} failed: ${advised(error)}`, error);

export const noAnswer = (key: string, verb: Verb, ms: number = ANSWER_TIMEOUT, cause?: unknown): LockBackendError =>
  new LockBackendError(
    key,
    cause === undefined
      ? `${verb} got no answer from Redis within ${Math.round(ms)} ms: see whether it can be reached, and the client's error events`
      : `${verb} failed for ${Math.round(ms)} ms, last with: ${advised(cause)}`,
    cause,
  );

const MEANWHILE = "waiters are granted all the same, up to 1.3 s later";

/** For a warning: heartbeats find grants of which no message came. */
export const noMessages = (key: string): LockBackendError =>
  new LockBackendError(
    key,
    `messages of grants do not arrive; ${MEANWHILE}, and the listener is replaced: see whether something between here and Redis drops idle connections, and whether all processes may PUBLISH to distlock:*`,
  );

/** For a warning: the connection that listens can't be opened. */
export const noListener = (key: string, cause: unknown): LockBackendError =>
  new LockBackendError(
    key,
    `no connection can be opened to listen for messages of grants: ${messageOf(cause)}; ${MEANWHILE}: see whether the server takes one connection more for each locker (maxclients)`,
    cause,
  );

/** For a warning: the server lets the user use no channels. */
export const noChannels = (key: string, what: string, cause?: unknown): LockBackendError =>
  new LockBackendError(
    key,
    `the server refuses messages of grants: ${what}; ${MEANWHILE}: see that the user may SUBSCRIBE and PUBLISH (+subscribe +publish &distlock:*)`,
    cause,
  );

/** Whether the server takes no more connections, which has nothing to do with rights. */
export const isCrowded = (error: unknown): boolean => /\bmax number of clients\b/.test(messageOf(error));

/** Errors of a program, not of a connection. What `fetch` throws for a lost connection is a TypeError with a cause. */
const isBug = (error: unknown): boolean =>
  error instanceof RangeError ||
  error instanceof ReferenceError ||
  error instanceof SyntaxError ||
  (error instanceof TypeError && error.cause === undefined);

/** Whether asking again is pointless: the key is no lock, Redis refused for a reason that time does not heal, or it is a bug. */
export const isRefusal = (error: unknown): boolean =>
  LockError.is(error) ||
  isBug(error) ||
  /^(ERR(?! Error running script| WAIT )|NOAUTH|WRONGPASS|NOPERM|CROSSSLOT|WRONGTYPE)\b/.test(messageOf(error));

/** Whether the client says that it is closed: it may be opened again. */
export const isClosedClient = (error: unknown): boolean => error instanceof Error && error.name === "ClosedClientError";

/** Whether waiting without asking would be pointless. */
export const isFinal = (error: unknown): boolean => isRefusal(error) || isClosedClient(error);
