import type { Message } from "@distlock/memory";
import { turnOf } from "./turn";

/** The turns that were written, counted by their fate. Each distinct turn is either kept or lost; some of those kept are mixed. */
export interface Findings {
  /** Both messages are there. */
  readonly kept: number;
  /** The user's or the assistant's message is missing. */
  readonly lost: number;
  /** Kept, but the assistant's message does not directly follow the user's, or an earlier turn of the same instance follows. */
  readonly mixed: number;
}

interface Places {
  readonly instance: string;
  readonly number: number;
  readonly user: number[];
  readonly assistant: number[];
}

function placesOfTurns(conversation: readonly Message[]): Places[] {
  const turns = new Map<string, Places>();
  conversation.forEach((message, place) => {
    const turn = turnOf(message);
    if (turn === undefined || (message.role !== "user" && message.role !== "assistant")) return;
    const id = `${turn.instance} ${turn.number}`;
    const places = turns.get(id) ?? { ...turn, user: [], assistant: [] };
    turns.set(id, places);
    places[message.role].push(place);
  });
  return [...turns.values()];
}

/** Compares the stored conversation with the number of turns that were written to it. */
export function findingsOf(conversation: readonly Message[], written: number): Findings {
  const kept = placesOfTurns(conversation).filter(({ user, assistant }) => user.length > 0 && assistant.length > 0);
  const whole = ({ user, assistant }: Places) =>
    user.length === 1 && assistant.length === 1 && assistant[0] === user[0]! + 1;
  const early = (turn: Places) =>
    kept.some(
      (other) => other.instance === turn.instance && other.number < turn.number && other.user[0]! > turn.user[0]!,
    );
  const mixed = kept.filter((turn) => !whole(turn) || early(turn));
  return { kept: kept.length, lost: written - kept.length, mixed: mixed.length };
}
