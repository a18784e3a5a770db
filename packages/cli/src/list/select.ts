import { age, oldestWait, type Seen } from "../locks/seen";

export const ORDERS = ["age", "waiting", "left"] as const;
export type Order = (typeof ORDERS)[number];

/** Which locks are listed, and in which order. */
export interface Selection {
  readonly waiting?: true;
  /** In ms. */
  readonly older?: number;
  readonly sort: Order;
  /** 0: all. */
  readonly limit: number;
}

const HIGHEST = Number.POSITIVE_INFINITY;

/** What locks are sorted by, the highest first. A lock without a value comes last. */
const ranks: Readonly<Record<Order, (seen: Seen) => readonly [first: number, second: number]>> = {
  age: (seen) => [age(seen) ?? -1, seen.held ? 1 : 0],
  waiting: (seen) => [seen.waiting, oldestWait(seen) ?? -1],
  left: ({ held, remaining }) => [held ? -remaining : -HIGHEST, 0],
};

/** Compares by the order, then by the key, so that equal locks do not change places. */
export function comparing(order: Order): (a: Seen, b: Seen) => number {
  const rank = ranks[order];
  return (a, b) => {
    const [x, y] = [rank(a), rank(b)];
    // Differences of infinities are not numbers.
    const byFirst = x[0] === y[0] ? 0 : y[0] - x[0];
    return byFirst || y[1] - x[1] || (a.key < b.key ? -1 : 1);
  };
}

const isListed = (seen: Seen, { waiting, older }: Selection): boolean =>
  (!waiting || seen.waiting > 0) && (older === undefined || (age(seen) ?? -1) >= older);

export interface Selected {
  readonly listed: readonly Seen[];
  /** How many meet the conditions, with those beyond the limit. */
  readonly count: number;
}

export function select(locks: readonly Seen[], selection: Selection): Selected {
  const meeting = locks.filter((seen) => isListed(seen, selection)).sort(comparing(selection.sort));
  const { limit } = selection;
  return { listed: limit === 0 ? meeting : meeting.slice(0, limit), count: meeting.length };
}
