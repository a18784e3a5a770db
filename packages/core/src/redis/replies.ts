// Tested by packages/testing/src/contract/server.ts, test/locking/refusals.test.ts
import type {
  AcquireReply,
  DriverInspection,
  ExtendReply,
  ForcedOut,
  ReleaseReply,
  SeenHolder,
  TransferReply,
} from "../driver/driver";
import type { HeartbeatReply, HeartbeatRequest } from "../driver/driver-queue";
import { LockBackendError } from "../driver/errors";
import { labeled } from "../driver/party";
import { redisError } from "./redis-error";

export const text = (reply: unknown): string => String(reply);

/** Describes a reply that has an unexpected shape. Its content is left out, because it may contain a token. */
const shapeOf = (reply: unknown): string => {
  if (Array.isArray(reply)) return `an array of ${reply.length}`;
  return reply === null ? "null" : `a ${typeof reply}`;
};

export const integer = (reply: unknown): number => {
  if (typeof reply === "number" && Number.isSafeInteger(reply)) return reply; // most replies: no text is made of them
  const value = Number(text(reply));
  if (reply === null || reply === "" || !Number.isSafeInteger(value))
    throw new TypeError(`not an integer: ${shapeOf(reply)}`);
  return value;
};

/** Clients return a whole number as a number or as text. */
const isNatural = (reply: unknown): boolean =>
  typeof reply === "number" ? Number.isSafeInteger(reply) && reply >= 0 : /^\d+$/.test(text(reply));

/** Replies are read strictly: a reply with another shape did not come from our scripts. */
export const unreadable = (key: string, error: unknown): unknown =>
  error instanceof TypeError
    ? new LockBackendError(key, "unexpected reply to a script of distlock: does a proxy rewrite replies?", error)
    : error;

export function read<T>(key: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw unreadable(key, error);
  }
}

export const list = (reply: unknown, length: number): readonly unknown[] => {
  if (!Array.isArray(reply) || reply.length !== length) throw new TypeError(`not ${length} values: ${shapeOf(reply)}`);
  return reply;
};

/** Before Redis 7 the text of an error inside a script has its place in front, and an end of line behind. */
const plain = (error: string): string => error.replace(/^(@user_script: ?\d+: ?)+-?/, "").trim();

/**
 * Returns the error for a reply that is not a known status: the key is not a lock, or Redis refused this lock alone, or the
 * reply is not from our scripts.
 */
function unknown(key: string, reply: unknown): unknown {
  if (text(reply).startsWith("error ")) return redisError(new Error(plain(text(reply).slice("error ".length))));
  const [status, companion] = text(reply).split(" ");
  if (status !== "foreign") return new TypeError(`not a known reply: ${shapeOf(reply)}`);
  if (companion === undefined) {
    return new LockBackendError(
      key,
      "the key holds a value that is not a lock (another type, or a string without a ttl): use another key",
    );
  }
  return new LockBackendError(
    key,
    `the key's companion "…${companion}" was not written by distlock, since it has no ttl: rename one of the two`,
  );
}

export const flag = (key: string, reply: unknown): boolean => {
  if (text(reply) === "1") return true;
  if (text(reply) === "0") return false;
  throw unknown(key, reply);
};

/** Reads the text of lua/lib/who.lua. */
function holderOf(who: unknown): SeenHolder {
  const [fence, age, label, link] = text(who).split(":");
  if (age === undefined) return { holder: {} };
  return { holder: { ...labeled(label, link), since: Math.floor(integer(fence) / 1_000) }, age: integer(age) };
}

/** Reads a reply of lua/lib/acquire.lua. */
export function acquireReply(key: string, reply: unknown): AcquireReply {
  if (isNatural(reply)) return { status: "granted", fences: [integer(reply)] };
  const [status = "", ...values] = text(reply).split(" ");
  switch (status) {
    case "held": {
      const [remaining, ahead] = list(values, 3).slice(0, 2).map(integer);
      return { status, key, remaining: remaining!, ahead: ahead!, ...holderOf(values[2]) };
    }
    case "queued": {
      const [remaining, ticket, floor, first, ahead] = list(values, 6).slice(0, 5).map(integer);
      const place = { ticket: ticket!, floor: floor!, head: first === 1, ahead: ahead! };
      return { status, key, remaining: remaining!, ...place, ...holderOf(values[5]) };
    }
    case "dead":
      return { status, key };
    default:
      throw unknown(key, reply);
  }
}

/** Reads the reply of acquire-all.lua to a request for these keys. */
export function acquireAllReply(keys: readonly string[], reply: unknown): AcquireReply {
  if (!Array.isArray(reply)) throw unknown(keys[0]!, reply);
  if (reply.length === keys.length && reply.every(isNatural)) return { status: "granted", fences: reply.map(integer) };
  const key = keys[integer(reply[0]) - 1] ?? keys[0]!;
  const one = acquireReply(key, reply[1]);
  if (one.status === "granted") throw unknown(key, reply);
  return one;
}

const FORCED = "forced ";

/** Returns the reason in the reply for a token that was forced out. */
const forcedOut = (reply: unknown): ForcedOut | undefined =>
  text(reply).startsWith(FORCED) ? { reason: text(reply).slice(FORCED.length) } : undefined;

export const extendReply = (key: string, reply: unknown): ExtendReply =>
  forcedOut(reply) ?? (flag(key, reply) ? "held" : "lost");

/** Reads a reply of release.lua. Calls `settle` if the release is to be sent again: dead waiters are still to be dropped. */
export function releaseReply(key: string, reply: unknown, settle: () => void): ReleaseReply {
  const forced = forcedOut(reply);
  if (forced) return forced;
  const bits = isNatural(reply) ? integer(reply) : -1;
  if (bits < 0 || bits > 3) throw unknown(key, reply);
  if (bits > 1) settle();
  return bits & 1 ? "released" : "lost";
}

const stateOf = (state: string) => (state === "g" ? "granted" : state === "m" ? "missing" : "queued");

/** Reads a reply of heartbeat.lua. */
export function heartbeatReply({ key, tokens }: HeartbeatRequest, reply: unknown): HeartbeatReply {
  const [left, ...values] = text(reply).split(" ");
  if (!/^-?\d+$/.test(left!)) throw unknown(key, reply);
  const [fence, floor, head, seen = "", who] = list(values, 5).map(text);
  const states = list(seen === "" ? [] : seen.split(","), tokens.length).map(text);
  return {
    remaining: integer(left),
    fence: integer(fence),
    floor: integer(floor),
    head: head === "1",
    states: states.map(stateOf),
    ahead: states.map((state) => (stateOf(state) === "queued" ? integer(state) : 0)),
    ...holderOf(who),
  };
}

/** Reads the reply of inspect.lua. */
export function inspectReply(key: string, reply: unknown): DriverInspection {
  if (!Array.isArray(reply)) throw unknown(key, reply);
  const [held, remaining, fence, waiting] = list(reply, 6).slice(0, 4).map(integer);
  const token = held === 1 ? text(reply[4]) : null;
  const named: unknown[] = Array.isArray(reply[5]) ? reply[5] : [];
  const waiters = Array.from({ length: named.length / 2 }, (_, i) => ({
    token: text(named[2 * i]),
    ticket: integer(named[2 * i + 1]),
  }));
  return { held: held === 1, remaining: remaining!, fence: fence!, waiting: waiting!, token, waiters };
}

/** Reads the reply of transfer.lua. */
export function transferReply(key: string, reply: unknown): TransferReply {
  const status = text(reply);
  if (status === "lost" || status === "dead") return { status };
  if (isNatural(reply)) return { status: "granted", fence: integer(reply) };
  throw unknown(key, reply);
}
