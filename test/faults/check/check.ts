import type { Event } from "../event";
import { belief } from "./belief";
import { conduct } from "./conduct";
import { digest } from "./digest";
import { exclusion } from "./exclusion";
import { fences } from "./fences";
import { leftovers } from "./leftovers";
import { liveness } from "./liveness";
import { loss } from "./loss";
import { stored } from "./stored";

const checks = { exclusion, belief, fences, stored, loss, liveness, leftovers, conduct };
export type Rule = keyof typeof checks;

export interface Violation {
  readonly rule: Rule;
  readonly why: string;
}

/** The violations in a history; none if it keeps every promise. */
export function check(history: readonly Event[]): Violation[] {
  const digested = digest([...history].sort((a, b) => a.at - b.at));
  return Object.entries(checks).flatMap(([rule, find]) =>
    [...find(digested)].map((why) => ({ rule: rule as Rule, why })),
  );
}
