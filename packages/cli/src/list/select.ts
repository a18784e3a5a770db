import { age, byHold, byKey, byWait, type Seen } from "../locks/seen";

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

type Compare = (a: Seen, b: Seen) => number;

/** A free lock comes last in each. */
const orders: Readonly<Record<Order, Compare>> = {
  age: byHold,
  waiting: (a, b) => b.waiting - a.waiting || byWait(a, b) || byHold(a, b),
  left: (a, b) => Number(b.held) - Number(a.held) || a.remaining - b.remaining,
};

const isListed = (seen: Seen, { waiting, older }: Selection): boolean =>
  (!waiting || seen.waiting > 0) && (older === undefined || (age(seen) ?? -1) >= older);

export interface Selected {
  readonly listed: readonly Seen[];
  /** How many meet the conditions, with those beyond the limit. */
  readonly count: number;
}

export function select(locks: readonly Seen[], selection: Selection): Selected {
  const meeting = locks
    .filter((seen) => isListed(seen, selection))
    .sort((a, b) => orders[selection.sort](a, b) || byKey(a, b));
  const { limit } = selection;
  return { listed: limit === 0 ? meeting : meeting.slice(0, limit), count: meeting.length };
}
