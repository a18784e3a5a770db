import { type Conversation, partOf } from "./conversation";

const kinds = ["lost", "doubled", "out of place", "stale", "told wrong", "unanswered"] as const;

/** A fault of a turn (the message that a user sent, and its answer). */
export interface Wrong {
  readonly kind: (typeof kinds)[number];
  readonly id: string;
  readonly why: string;
  /** Index in the transcript, if the message is there. */
  readonly place?: number;
}

/** The faults of a conversation. In a whole one each message is there once, its answer directly behind it, and the answer has seen all before it. */
export function* wrongsOf({ sent, transcript }: Conversation): Generator<Wrong> {
  const parts = transcript.map(partOf);
  const placesOf = (kind: string, id: string): number[] =>
    parts.flatMap((part, place) => (part.kind === kind && part.id === id ? [place] : []));

  const latest = new Map<string, number>();
  for (const { id, user, times, answers } of sent) {
    const questions = placesOf("question", id);
    const kept = placesOf("answer", id);
    if (answers.length < times) yield { kind: "unanswered", id, why: "got no answer" };
    if (answers.length > 0) {
      if (questions.length === 0) yield { kind: "lost", id, why: "the question is gone" };
      if (kept.length === 0) yield { kind: "lost", id, why: "the answer is gone" };
    }
    for (const places of [questions, kept]) {
      for (const place of places.slice(1)) yield { kind: "doubled", id, place, why: "for a second time" };
    }
    const answer = transcript[kept[0] ?? -1]?.content;
    if (answer !== undefined && answers.some((told) => told !== answer)) {
      yield { kind: "told wrong", id, why: "the user got a different answer" };
    }
    const [first] = questions;
    if (first === undefined) continue;
    const before = latest.get(user) ?? 0;
    if (first < before) yield { kind: "out of place", id, place: first, why: "sent after the next" };
    latest.set(user, Math.max(first, before));
  }

  for (const [place, part] of parts.entries()) {
    const { kind, id } = part;
    const before = parts[place - 1];
    if (kind === "stranger" || !sent.some((message) => message.id === id)) {
      yield { kind: "out of place", id, place, why: "nobody sent it" };
    } else if (kind === "question" && before && before.kind !== "answer") {
      yield { kind: "out of place", id, place, why: "behind no answer" };
    } else if (kind === "answer" && !(before?.kind === "question" && before.id === id)) {
      const lost = placesOf("question", id).length === 0;
      yield { kind: "out of place", id, place, why: lost ? "its question is lost" : "not behind its question" };
    }
    if (kind === "answer" && part.seen !== place) {
      yield { kind: "stale", id, place, why: `had seen ${part.seen} of ${place}` };
    }
  }
}

/** The faults of all conversations of a run. */
export interface Findings {
  readonly conversations: readonly Conversation[];
  readonly sent: number;
  /** Turns with nothing wrong. */
  readonly whole: number;
  readonly counts: Readonly<Record<Wrong["kind"], number>>;
  /** The first fault in words. */
  readonly first: string | undefined;
}

export function findingsOf(conversations: readonly Conversation[]): Findings {
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Wrong["kind"], number>;
  let [sent, whole] = [0, 0];
  let first: string | undefined;
  for (const conversation of conversations) {
    const wrongs = [...wrongsOf(conversation)];
    for (const { kind, id, why } of wrongs) {
      counts[kind]++;
      first ??= `${id} in ${conversation.session}: ${kind}, ${why}`;
    }
    sent += conversation.sent.length;
    whole += conversation.sent.filter(({ id }) => !wrongs.some((wrong) => wrong.id === id)).length;
  }
  return { conversations, sent, whole, counts, first };
}

/** The findings of a run, and how many answers the crash interrupted. */
export type Outcome = Findings & { readonly interrupted: number };

export interface Verdict {
  readonly good: boolean;
  readonly sentence: string;
}

/** Judges the two runs: good if the run with the lock kept every conversation whole, and the run without it did not. */
export function judge(unlocked: Outcome, locked: Outcome): Verdict {
  const bad = (sentence: string): Verdict => ({ good: false, sentence });
  if (locked.first !== undefined) return bad(`The turn lock failed: ${locked.first}.`);
  if (unlocked.first === undefined) {
    return bad("This proves nothing: without the turn lock nothing was damaged either; run it again.");
  }
  if (locked.interrupted === 0 || unlocked.interrupted === 0) {
    return bad("This proves nothing: no instance was killed in the middle of a turn; run it again.");
  }
  const damaged = `${unlocked.sent - unlocked.whole} of ${unlocked.sent} turns were damaged`;
  const sentence = `Without the turn lock ${damaged}; with it all ${locked.sent} are whole, though an instance was killed.`;
  return { good: true, sentence };
}
