import { randomUUID } from "node:crypto";
import pc from "picocolors";
import { showProgress } from "../progress";
import { openServer } from "../server";
import type { TurnsOptions } from "./options";
import { type Run, type RunRequest, run } from "./run";
import { compareRuns, listInstances } from "./tables";
import { judge } from "./verdict";

export interface TurnsDemo extends Pick<RunRequest, "openMemory" | "instance"> {
  readonly options: TurnsOptions;
}

/** Plays both runs and prints their outcome; returns whether it is the expected one. */
export async function playTurns({ options, ...example }: TurnsDemo, signal: AbortSignal): Promise<boolean> {
  const { redisUrl, turns, client } = options;
  // A hash tag keeps all keys of a demo in one slot.
  const prefix = `{distlock-demo-${randomUUID()}}`;
  await using server = await openServer(redisUrl, prefix);
  console.log(`4 processes write ${turns} turns to one conversation in ${server.place}`);

  async function play(name: string, conversation: string, lock?: string): Promise<Run> {
    const progress = showProgress(name, turns);
    const onWritten = () => progress.step();
    const request = { url: server.url, conversation: `${prefix}:${conversation}`, lock, turns, client };
    try {
      return await run({ ...example, ...request, onWritten, signal });
    } finally {
      progress.stop();
    }
  }

  const withoutLock = await play("without lock", "bare");
  const locked = await play("with LockedMemory", "locked", `${prefix}:memory`);
  const { good, sentence } = judge(withoutLock, locked);
  console.log(
    `\n${compareRuns(withoutLock, locked)}\n\nThe instances of the run with LockedMemory:\n${listInstances(locked)}\n`,
  );
  console.log(good ? pc.green(sentence) : pc.red(sentence));
  return good;
}
