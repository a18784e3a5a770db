import Table from "cli-table3";
import pc from "picocolors";
import { type Conversation, partOf } from "./conversation";
import { wrongsOf } from "./judge";
import type { Run } from "./run";

const style = { head: [], border: [] };
const damage = (count: number): string => (count === 0 ? pc.green("0") : pc.red(String(count)));

/** The two runs side by side. */
export function compareRuns(unlocked: Run, locked: Run): string {
  const head = ["", "turns", "whole", "lost", "doubled", "out of\nplace", "stale", "told\nwrong", "time"];
  const colAligns = head.map((_, column) => (column === 0 ? ("left" as const) : ("right" as const)));
  const table = new Table({ head: head.map((text) => pc.bold(text)), colAligns, style });
  const row = (name: string, { sent, whole, counts, duration }: Run): string[] => [
    name,
    String(sent),
    String(whole),
    damage(counts.lost),
    damage(counts.doubled),
    damage(counts["out of place"]),
    damage(counts.stale),
    damage(counts["told wrong"]),
    `${(duration / 1_000).toFixed(1)} s`,
  ];
  table.push(row("no lock", unlocked), row("turn lock", locked));
  return table.toString();
}

/** Messages of an excerpt. */
const LENGTH = 8;

/** A number of messages from a place on, one per line, each with its faults. */
export function excerpt(conversation: Conversation, from: number): string {
  const wrongs = [...wrongsOf(conversation)];
  const lines = conversation.transcript.slice(from, from + LENGTH).map((message, i) => {
    const place = from + i;
    const part = partOf(message);
    const text = part.kind === "answer" ? `  ↳ ${part.id} saw ${part.seen}` : part.id;
    const wrong = wrongs.find((each) => each.place === place);
    const line = `${String(place).padStart(3)} ${text}`;
    return wrong ? pc.red(`${line}: ${wrong.why}`) : line;
  });
  return lines.join("\n");
}

/** The most broken part of a broken conversation, beside the same part of the whole one. */
export function compareTranscripts(unlocked: Run, locked: Run): string {
  const parts = unlocked.conversations.flatMap((conversation, index) => {
    const places = new Set([...wrongsOf(conversation)].map(({ place }) => place));
    const brokenFrom = (from: number) => Array.from({ length: LENGTH }, (_, i) => places.has(from + i)).filter(Boolean);
    return conversation.transcript.map((_, from) => ({ index, from, broken: brokenFrom(from).length }));
  });
  const { index, from } = parts.reduce((a, b) => (b.broken > a.broken ? b : a), { index: 0, from: 0, broken: 0 });
  const head = ["no lock", "turn lock"].map((text) => pc.bold(text));
  const table = new Table({ head, style, colWidths: [46, 30] });
  table.push([unlocked, locked].map(({ conversations }) => excerpt(conversations[index]!, from)));
  const legend = `A conversation from message ${from} on; "↳ q1 saw 3" is the answer to q1 of a model that saw 3 messages:`;
  return `${legend}\n${table}`;
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

/** The fate of the requests of the instance that was killed. */
export function describeCrash({ killed, handedOn, brokenOff }: Run): string {
  const had = `${count(killed.answering, "answer")} on the way and ${count(killed.waiting, "request")} waiting`;
  const went = `${count(handedOn, "request")} sent to another instance, ${count(brokenOff, "answer")} that broke off asked for again`;
  return `With the turn lock, the instance that was killed had ${had}:\n${went}, by the same idempotency key.`;
}
