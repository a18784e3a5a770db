import type { Event } from "../event";
import { belief } from "./belief";
import { conduct } from "./conduct";
import { type Check, digest } from "./digest";
import { exclusion } from "./exclusion";
import { fences } from "./fences";
import { leftovers } from "./leftovers";
import { liveness } from "./liveness";
import { loss } from "./loss";
import { period } from "./period";
import { stored } from "./stored";

export const checks = { exclusion, belief, fences, stored, loss, liveness, leftovers, conduct, period };
export type Rule = keyof typeof checks;

export interface Violation<R extends string = Rule> {
  readonly rule: R;
  readonly why: string;
}

/** The violations in a history; none if it keeps every promise. */
export const check = (history: readonly Event[]): Violation[] => checkBy(checks, history);

/** The violations of these rules in a history. */
export function checkBy<R extends string>(
  rules: Readonly<Record<R, Check>>,
  history: readonly Event[],
): Violation<R>[] {
  const digested = digest([...history].sort((a, b) => a.at - b.at));
  return (Object.entries(rules) as [R, Check][]).flatMap(([rule, find]) =>
    [...find(digested)].map((why) => ({ rule, why })),
  );
}
