import type { Message } from "@distlock/memory";

/** The `number`-th turn (1, 2, …) of an instance. */
export interface Turn {
  readonly instance: string;
  readonly number: number;
}

/** The two messages of a turn. */
export const messagesOf = ({ instance, number }: Turn): [input: Message, output: Message] => [
  { role: "user", content: "Where is my parcel?", metadata: { instance, number } },
  { role: "assistant", content: "It arrives tomorrow.", metadata: { instance, number } },
];

/** The turn of a message, or `undefined` if it has none. */
export function turnOf({ metadata }: Message): Turn | undefined {
  const { instance, number } = metadata ?? {};
  return typeof instance === "string" && typeof number === "number" ? { instance, number } : undefined;
}
