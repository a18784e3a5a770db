import type { Seen } from "../locks/seen";

/** What happened to a hold between two looks. */
export interface Change {
  readonly kind: "extended" | "not extended" | "other hold";
  /** How many ms were between the looks. */
  readonly apart: number;
}

/** Redis rounds what is left of a lease to ms. */
const ROUNDING = 2;

/** Compares two looks at a held lock, with at least `apart` ms between them: a lease that is not extended loses at least as much. */
export function changeBetween(first: Seen, second: Seen, apart: number): Change {
  const isSame =
    first.fence === second.fence && (first.holder?.since === undefined) === (second.holder?.since === undefined);
  if (!isSame) return { kind: "other hold", apart };
  const isExtended = second.remaining > first.remaining - apart + ROUNDING;
  return { kind: isExtended ? "extended" : "not extended", apart };
}
