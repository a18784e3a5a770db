// Tested by packages/core/test/leases.test.ts
import { clock } from "../driver/clock";
import { kindOf } from "../driver/kind-of";
import { tokenEnd } from "../driver/party";
import type { ResolvedOptions } from "./options";

/** A name for one locker instance: random, so that a restarted process never has the name of its predecessor. */
export const newInbox = (): string => clock.randomBytes(12).toString("base64url");

/**
 * A token never used before. It begins with the inbox, so that scripts know where to publish its grant, and ends with the label
 * and the link, so that they come and go with the lock.
 */
export const newToken = (inbox: string, { label, link }: Pick<ResolvedOptions, "label" | "link">): string =>
  `${inbox}:${clock.randomUUID()}${tokenEnd(label, link)}`;

/** Another token never used before, with the inbox, the label and the link of this one. */
export function successorOf(token: string): string {
  const [inbox, , ...end] = token.split(":");
  return [inbox, clock.randomUUID(), ...end].join(":");
}

/** Throws `TypeError` or `RangeError` if the value can't be a token. The message has its name, never the value. */
export function assertToken(name: string, token: unknown): asserts token is string {
  if (typeof token !== "string") throw new TypeError(`${name} must be a string, got ${kindOf(token)}`);
  if (token === "") throw new RangeError(`${name} must not be empty`);
  if (!token.isWellFormed())
    throw new TypeError(`${name} must be well-formed Unicode: it has half of a surrogate pair`);
}
