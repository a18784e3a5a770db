import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "./event";

export interface Recorder {
  /** Is in the file when it returns, even if the process is killed then. */
  record(event: Event): void;
  close(): void;
}

export function openRecorder(folder: string, name: string): Recorder {
  const file = openSync(join(folder, `${name}.jsonl`), "a");
  return {
    record: (event) => void writeSync(file, `${JSON.stringify(event)}\n`),
    close: () => closeSync(file),
  };
}

/** All that was recorded into the folder, in the order of time. */
export const readHistory = (folder: string): Event[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"))
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Event)
    .sort((a, b) => a.at - b.at);
