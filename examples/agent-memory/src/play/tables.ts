import Table from "cli-table3";
import pc from "picocolors";
import { type Conversation, partOf } from "./conversation";
import { wrongsOf } from "./judge";
import type { Run } from "./run";

const style = { head: [], border: [] };
const damage = (count: number): string => (count === 0 ? pc.green("0") : pc.red(String(count)));

/** The two runs side by side. */
export function compareRuns(unlocked: Run, locked: Run): string {
  const head = ["", "turns", "whole", "lost", "doubled", "out of\nplace", "stale", "told\notherwise", "time"];
  const colAligns = head.map((_, column) => (column === 0 ? ("left" as const) : ("right" as const)));
  const table = new Table({ head: head.map((text) => pc.bold(text)), colAligns, style });
  for (const [name, { sent, whole, counts, duration }] of [
    ["without lock", unlocked],
    ["with turn lock", locked],
  ] as const) {
    table.push([
      name,
      String(sent),
      String(whole),
      ...(["lost", "doubled", "out of place", "stale", "told otherwise"] as const).map((kind) => damage(counts[kind])),
      `${(duration / 1_000).toFixed(1)} s`,
    ]);
  }
  return table.toString();
}

/** Messages of an excerpt. */
const LENGTH = 8;

/** So many messages from a place on, one per line, with what is wrong. */
function linesOf(conversation: Conversation, from: number): string[] {
  const wrongs = [...wrongsOf(conversation)];
  return conversation.transcript.slice(from, from + LENGTH).map((message, i) => {
    const place = from + i;
    const part = partOf(message);
    const text = part.kind === "answer" ? `  answer to ${part.id}` : `${part.id}`;
    const [wrong] = wrongs.filter((each) => each.place === place);
    const line = `${String(place).padStart(3)} ${text}`;
    return wrong ? pc.red(`${line}: ${wrong.why}`) : line;
  });
}

/** The most broken part of a broken conversation, beside the same part of the whole one. */
export function compareTranscripts(unlocked: Run, locked: Run): string {
  const parts = unlocked.conversations.flatMap((conversation, index) => {
    const wrongs = [...wrongsOf(conversation)];
    return conversation.transcript.map((_, from) => ({
      index,
      from,
      kinds: new Set(wrongs.filter(({ place = -1 }) => place >= from && place < from + LENGTH).map(({ kind, place }) => `${kind} ${place}`)).size,
    }));
  });
  const worst = parts.reduce((a, b) => (b.kinds > a.kinds ? b : a), { index: 0, from: 0, kinds: 0 });
  const table = new Table({ head: ["without lock", "with turn lock"].map((text) => pc.bold(text)), style, colWidths: [44, 34] });
  const [left, right] = [unlocked, locked].map(({ conversations }) => linesOf(conversations[worst.index]!, worst.from));
  table.push([left!.join("\n"), right!.join("\n")]);
  return table.toString();
}

const count = (number: number, one: string, more: string): string => `${number} ${number === 1 ? one : more}`;

/** What became of the requests of the instance that was killed. */
export function describeCrash({ killed, handedOn, brokenOff }: Run): string {
  const had = `${count(killed.answering, "answer", "answers")} on the way and ${count(killed.waiting, "request", "requests")} waiting`;
  const went = `${count(handedOn, "request was", "requests were")} given to another instance, ${count(brokenOff, "answer", "answers")} that broke off asked for again`;
  return `With the turn lock, the instance that was killed had ${had}:\n${went}, each by the same idempotency key.`;
}
