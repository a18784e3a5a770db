import type { Document } from "./memory";
import { textOf } from "./message";

/**
 * A search for a text in messages, ignoring case: the newest `k` that contain it, newest first. The score is the
 * share of the message's text that the matches make up, above 0 and up to 1. An empty query finds nothing.
 * Throws `TypeError` or `RangeError` for a bad query or `k`.
 */
export function finder(query: string, k: number): (messages: readonly object[]) => Document[] {
  if (typeof query !== "string") throw new TypeError(`query must be a string, got ${typeof query}`);
  if (typeof k !== "number") throw new TypeError(`k must be an integer, 1 or more, got ${typeof k}`);
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`k must be an integer, 1 or more, got ${k}`);
  const wanted = query.toLowerCase();

  return (messages) => {
    const found: Document[] = [];
    if (wanted === "") return found;
    for (const message of messages.toReversed()) {
      const content = textOf(message);
      const text = content.toLowerCase();
      const times = text.split(wanted).length - 1;
      if (times === 0) continue;
      const { role, id, name, metadata } = message as Record<string, unknown>;
      found.push({
        content,
        metadata: {
          ...(metadata as object | undefined),
          ...Object.fromEntries(Object.entries({ role, id, name }).filter(([, value]) => value !== undefined)),
        },
        score: (times * wanted.length) / text.length,
      });
      if (found.length === k) break;
    }
    return found;
  };
}
