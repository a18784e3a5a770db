import assert from "node:assert/strict";
import type { WriteOptions } from "../store/memory";
import type { Message } from "../store/message";
import { StaleTurnError } from "../store/stale-turn-error";
import type { Handle, MemoryPart } from "./target";

export const user = (content: string): Message => ({ role: "user", content });
export const assistant = (content: string): Message => ({ role: "assistant", content });

export const contents = (messages: readonly Message[]): unknown[] => messages.map(({ content }) => content);
export const saved = async (handle: Handle): Promise<unknown[]> => contents(await handle.load());

/** A few messages that are each another. */
export const several = (name: string, count: number): Message[] =>
  Array.from({ length: count }, (_, i) => (i % 2 ? assistant : user)(`${name} ${i}`));

export type Write = (handle: Handle, name: string, options?: WriteOptions) => Promise<unknown>;

/** The writes that add the pair `<name> 0`, `<name> 1`, as far as the target has them. */
export function additions(parts: readonly MemoryPart[]): [name: string, write: Write][] {
  const save: Write = (handle, name, options) => handle.save(user(`${name} 0`), assistant(`${name} 1`), options);
  const append: Write = (handle, name, options) => handle.append!(several(name, 2), options);
  return [["save", save], ...(parts.includes("append") ? ([["append", append]] as [string, Write][]) : [])];
}

/** The `additions`, plus `replace`. */
export function namedWrites(parts: readonly MemoryPart[]): [name: string, write: Write][] {
  const replace: Write = (handle, name, options) => handle.replace!(several(name, 2), options);
  return [...additions(parts), ...(parts.includes("replace") ? ([["replace", replace]] as [string, Write][]) : [])];
}

/** The `namedWrites`, plus `clear`. */
export const allWrites = (parts: readonly MemoryPart[]): [name: string, write: Write][] => [
  ...namedWrites(parts),
  ["clear", (handle, _name, options) => handle.clear(options)],
];

/** Asserts that a call was refused as the call of a late holder. */
export async function refused(what: string, call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => assert.fail(`${what} was not refused`),
    (reason: unknown) => reason,
  );
  if (error instanceof assert.AssertionError) throw error;
  assert.ok(StaleTurnError.is(error), `${what} was to be refused with a StaleTurnError, got ${error}`);
}
