import type { AcquireReply, TransferReply } from "./driver";
import { LockBackendError } from "./errors";

export const text = (reply: unknown): string => String(reply);

/** Of a reply that has another shape than ours: not its content, which may have a token in it. */
const shapeOf = (reply: unknown): string => {
  if (Array.isArray(reply)) return `an array of ${reply.length}`;
  return reply === null ? "null" : `a ${typeof reply}`;
};

export const integer = (reply: unknown): number => {
  const value = Number(text(reply));
  if (reply === null || reply === "" || !Number.isSafeInteger(value))
    throw new TypeError(`not an integer: ${shapeOf(reply)}`);
  return value;
};

/** Replies are read strictly: what has another shape did not come from our scripts. */
export const unreadable = (key: string, error: unknown): unknown =>
  error instanceof TypeError
    ? new LockBackendError(key, "Redis answered in a form that no script of ours gives", error)
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

/** Before Redis 7 the text of an error inside a script has its place before it, and an end of line behind. */
const plain = (error: string): string => error.replace(/^(@user_script: ?\d+: ?)+-?/, "").trim();

/** For a reply that is none of the known: the key is no lock, or Redis refused this lock alone, or the reply is not ours. */
export function unknown(key: string, reply: unknown): Error {
  if (text(reply).startsWith("error ")) return new Error(plain(text(reply).slice("error ".length)));
  if (text(reply) !== "foreign") return new TypeError(`not a known reply: ${shapeOf(reply)}`);
  return new LockBackendError(key, "the key holds something that is no lock: another type, or a string without ttl");
}

export const flag = (key: string, reply: unknown): boolean => {
  if (text(reply) === "1") return true;
  if (text(reply) === "0") return false;
  throw unknown(key, reply);
};

/** What acquire-one.lua gives. */
export function acquireReply(key: string, reply: unknown): AcquireReply {
  if (typeof reply === "number") return { status: "granted", fence: reply };
  const [status = "", ...values] = text(reply).split(" ");
  if (/^\d+$/.test(status)) return { status: "granted", fence: integer(status) };
  switch (status) {
    case "held":
      return { status, remaining: integer(values[0]) };
    case "queued": {
      const [remaining, ticket, floor, before] = list(values, 4).map(integer);
      return { status, remaining: remaining!, ticket: ticket!, floor: floor!, head: before === 0 };
    }
    case "dead":
      return { status };
    default:
      throw unknown(key, reply);
  }
}

/** What transfer.lua gives. */
export function transferReply(key: string, reply: unknown): TransferReply {
  const status = text(reply);
  if (status === "lost" || status === "dead") return { status };
  if (/^\d+$/.test(status)) return { status: "granted", fence: integer(status) };
  throw unknown(key, reply);
}
