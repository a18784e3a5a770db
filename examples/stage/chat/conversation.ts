/** A message as GET /transcript gives it. */
export interface Kept {
  readonly role: string;
  readonly content: string;
}

/** What the user who sent a message knows of it. */
export interface Told {
  readonly user: string;
  /** The first word of the message: "q7". */
  readonly id: string;
  /** How often it was sent at once: 2 by an impatient user. */
  readonly times: 1 | 2;
  /** What the user was told: as many as `times`, if all were answered. */
  readonly answers: readonly string[];
}

export interface Conversation {
  readonly session: string;
  /** All messages that were sent to it; those of one user in the order in which they were sent. */
  readonly sent: readonly Told[];
  /** What the service has kept of it. */
  readonly transcript: readonly Kept[];
}

/** What a kept message is: `seen` is how many messages the model saw when it gave this answer. */
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
