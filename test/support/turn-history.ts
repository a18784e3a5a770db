import type { Message } from "@distlock/memory";

/** What a turn saves: it tells whose it is, and how many messages it had loaded. */
export const pairOf = (name: string, turn: number, loaded: number): [Message, Message] => [
  { role: "user", content: `${name} ${turn}` },
  { role: "assistant", content: `${name} ${turn} after ${loaded}` },
];

/** What is not as it should be in a conversation of such pairs: `undefined` if each answer knew all that was said before. */
export function brokenAt(history: readonly Message[]): string | undefined {
  for (let i = 0; i < history.length; i += 2) {
    const [asked, answered] = [history[i]!, history[i + 1]];
    if (asked.role !== "user" || answered?.role !== "assistant" || answered.content !== `${asked.content} after ${i}`) {
      return `at ${i}: ${JSON.stringify([asked, answered])}`;
    }
  }
  return undefined;
}
