// Tested by packages/core/test/labels.test.ts, packages/testing/src/contract/server.ts
import { hostname } from "node:os";
import type { DriverInspection, Inspection } from "./driver";
import { kindOf } from "./kind-of";

/** A holder or a waiter. Both fields are absent if no `Locker` made its token: it may be another library's. */
export interface Party {
  /** What its `label` says, if its call or its locker has one. */
  readonly label?: string;
  /** When it was granted the lock, or began to wait, by the server's clock: ms since 1970. */
  readonly since?: number;
  /** What an observer of the party's process says of it to other observers, if one does: see `Observer.link`. */
  readonly link?: string;
}

/** The longest label, in bytes of UTF-8: it is a part of each token. */
const LONGEST = 48;

/** Throws `TypeError` or `RangeError` if the value can't be a label. */
export function checkLabel(label: unknown): unknown {
  if (typeof label !== "string") throw new TypeError(`label must be a string, got ${kindOf(label)}`);
  if (!label.isWellFormed()) throw new TypeError("label must be well-formed Unicode: it has half of a surrogate pair");
  const bytes = Buffer.byteLength(label);
  if (bytes > LONGEST) throw new RangeError(`label must have at most ${LONGEST} bytes, got ${bytes}`);
  return label;
}

/** A label for this process: its host's name and its process id, such as `"api-7:4711"`. The name is cut if it is long. */
export function processLabel(): string {
  const end = `:${process.pid}`;
  let host = hostname();
  while (Buffer.byteLength(host) > LONGEST - end.length) host = host.slice(0, -1);
  return host + end;
}

/** In place of a label before a link. No base64url has one character. */
const NO_LABEL = "-";

/** The end of a token with this label. Neither blanks nor colons are in it, so that replies and messages can be taken apart. */
export function tokenEnd(label: string | undefined, link?: string): string {
  const encoded = label === undefined ? undefined : Buffer.from(label).toString("base64url");
  if (link !== undefined) return `:${encoded ?? NO_LABEL}:${link}`;
  return encoded === undefined ? "" : `:${encoded}`;
}

const made = /^[^:]{16}:[^:]{36}(?::([^:]*)(?::([^:]*))?)?$/;

/** A party by its token, and by its fence or its ticket: both are a time in µs. `micros` is 0 if it is not known. */
export function partyOf(token: string, micros: number): Party {
  const match = made.exec(token);
  return match && micros > 0 ? { ...labeled(match[1], match[2]), since: Math.floor(micros / 1_000) } : {};
}

/** The parts at the end of a token, or of a reply, each if it is there. */
export const labeled = (encoded: string | undefined, link: string | undefined): Party => ({
  ...(encoded !== undefined && encoded !== NO_LABEL && { label: Buffer.from(encoded, "base64url").toString() }),
  ...(link !== undefined && { link }),
});

/** What a driver knows of a key, without its tokens. */
export function inspectionOf({ held, remaining, fence, waiting, token, waiters }: DriverInspection): Inspection {
  return {
    held,
    remaining,
    fence,
    waiting,
    holder: token === null ? null : partyOf(token, fence),
    waiters: waiters.map((each) => partyOf(each.token, each.ticket)),
  };
}
