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

interface Events {
  queued(ahead: number): void;
  /** A request for the lock failed for the first time in this way, and the call still waits. */
  failed(message: string): void;
}

/** Notes what the core says from now on. */
export function watch({ queued, failed }: Events): Seen {
  const seen: Seen = {};
  const failures = new Set<string>();
  function onFailure(message: string): void {
    if (seen.acquire === undefined && !failures.has(message)) failed(message);
    failures.add(message);
  }
  observe({
    end(operation) {
      if (operation.name === "acquire") seen.acquire = operation;
    },
    event(fact) {
      if (fact.name === "lost") seen.lost ??= fact;
      if (fact.name === "queue" && fact.event === "entered") queued(fact.ahead ?? 0);
      if (fact.name === "failure" && fact.verb === "acquire") onFailure(messageOf(fact.error));
    },
  });
  return seen;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** `fence 7`, or `fences a=7 b=9`. */
export const shownFences = (fences: ReadonlyMap<string, number>): string =>
  fences.size === 1
    ? `fence ${[...fences.values()][0]}`
    : `fences ${[...fences].map(([key, fence]) => `${escaped(key)}=${fence}`).join(" ")}`;

/** `waited 3.2s, fence 7, ahead 2`. */
export const shownGrant = ({ acquire }: Seen, fences: ReadonlyMap<string, number>): string =>
  `waited ${formatDuration(acquire?.waited ?? 0)}, ${shownFences(fences)}, ahead ${acquire?.ahead ?? 0}`;
