import { randomUUID } from "node:crypto";
import pc from "picocolors";
import type { DemoOptions } from "./options";
import { showProgress } from "./progress";
import { type Run, run } from "./run";
import { openServer } from "./server";
import { compareRuns, listInstances } from "./tables";
import { judge } from "./verdict";

/** Plays both runs and prints what came of them; gives whether they show what they should. */
export async function demo({ redisUrl, turns, client }: DemoOptions, signal: AbortSignal): Promise<boolean> {
  // A hash tag keeps all keys of a demo in one slot.
  const prefix = `{distlock-demo-${randomUUID()}}`;
  await using server = await openServer(redisUrl, prefix);
  console.log(`4 processes write ${turns} turns to one conversation in ${server.place}`);

  async function play(name: string, conversation: string, lock?: string): Promise<Run> {
    const progress = showProgress(name, turns);
    const onWritten = () => progress.step();
    const what = { url: server.url, conversation: `${prefix}:${conversation}`, lock, turns, client };
    try {
      return await run({ ...what, onWritten, signal });
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
