import { type AcquireOperation, type LostFact, observe } from "@distlock/core";
import { formatDuration } from "../output/duration";
import { escaped } from "../output/escape";

/** What the core says of the lock to observers, and to nobody else. */
export interface Seen {
  /** How the lock was acquired, or asked for. */
  acquire?: AcquireOperation;
  /** The first loss. */
  lost?: LostFact;
}

/** Notes what the core says from now on. */
export function watch(onQueue: (ahead: number) => void): Seen {
  const seen: Seen = {};
  observe({
    end(operation) {
      if (operation.name === "acquire") seen.acquire = operation;
    },
    event(fact) {
      if (fact.name === "lost") seen.lost ??= fact;
      if (fact.name === "queue" && fact.event === "entered") onQueue(fact.ahead ?? 0);
    },
  });
  return seen;
}

/** `fence 7`, or `fences a=7 b=9`. */
export const shownFences = (fences: ReadonlyMap<string, number>): string =>
  fences.size === 1
    ? `fence ${[...fences.values()][0]}`
    : `fences ${[...fences].map(([key, fence]) => `${escaped(key)}=${fence}`).join(" ")}`;

/** `waited 3.2s, fence 7, ahead 2`. */
export const shownGrant = ({ acquire }: Seen, fences: ReadonlyMap<string, number>): string =>
  `waited ${formatDuration(acquire?.waited ?? 0)}, ${shownFences(fences)}, ahead ${acquire?.ahead ?? 0}`;
