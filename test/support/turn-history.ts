import type { Message } from "@distlock/memory";

/** The messages that a turn saves: they name the worker, and the number of messages that the turn had loaded. */
export const pairOf = (name: string, turn: number, loaded: number): [Message, Message] => [
  { role: "user", content: `${name} ${turn}` },
  { role: "assistant", content: `${name} ${turn} after ${loaded}` },
];

/** The first fault in a conversation of such pairs: `undefined` if each answer knew all earlier messages. */
export function brokenAt(history: readonly Message[]): string | undefined {
  for (let i = 0; i < history.length; i += 2) {
    const [asked, answered] = [history[i]!, history[i + 1]];
    if (asked.role !== "user" || answered?.role !== "assistant" || answered.content !== `${asked.content} after ${i}`) {
      return `at ${i}: ${JSON.stringify([asked, answered])}`;
    }
  }
  return undefined;
}
