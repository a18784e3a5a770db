/** A message as GET /transcript returns it. */
export interface Kept {
  readonly role: string;
  readonly content: string;
}

/** A message, as the user knows it who sent it. */
export interface Told {
  readonly user: string;
  /** The first word of the message: "q7". */
  readonly id: string;
  /** How often it was sent at once: 2 by an impatient user. */
  readonly times: 1 | 2;
  /** The answers that the user got: as many as `times`, if all came. */
  readonly answers: readonly string[];
}

export interface Conversation {
  readonly session: string;
  /** All messages that were sent to it; the messages of one user in the order in which they were sent. */
  readonly sent: readonly Told[];
  /** The messages that the service has kept. */
  readonly transcript: readonly Kept[];
}

/** A kept message, understood: `seen` is how many messages the model saw when it answered. */
export type Part =
  | { readonly kind: "question"; readonly id: string }
  | { readonly kind: "answer"; readonly id: string; readonly seen: number }
  | { readonly kind: "stranger"; readonly id: string };

export function partOf({ role, content }: Kept): Part {
  const [, question] = /^(\w+): /.exec(content) ?? [];
  if (role === "user" && question !== undefined) return { kind: "question", id: question };
  const [, id, seen] = /^answer to (\w+); I have seen (\d+) messages$/.exec(content) ?? [];
  if (role === "assistant" && id !== undefined) return { kind: "answer", id, seen: Number(seen) };
  return { kind: "stranger", id: content };
}
