import { integerOption } from "../support/integer-option";

/** Which of the messages are wanted. */
export interface Page {
  /** How many at most: the newest of them. Integer, 1 or more. Default: all. */
  last?: number | undefined;
  /** How many of the newest to leave out: so many as were loaded already. Integer, 0 or more. Default 0. */
  before?: number | undefined;
}

/** From where to where, as indexes of Redis. Throws `TypeError` or `RangeError`. */
export function rangeOf({ last, before = 0 }: Page): readonly [first: number, last: number] {
  const left = integerOption("before", before, 0);
  return [last === undefined ? 0 : -(integerOption("last", last, 1) + left), -(left + 1)];
}

/** The page of an array. */
export function pageOf<T>(all: readonly T[], page: Page): T[] {
  const [first, last] = rangeOf(page);
  const end = Math.max(all.length + last + 1, 0);
  return all.slice(first < 0 ? Math.max(all.length + first, 0) : 0, end);
}
