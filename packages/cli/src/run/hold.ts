import type { LockLostError } from "@distlock/core";
import { EXIT } from "../exit-codes";
import { formatDuration } from "../output/duration";
import { escaped } from "../output/escape";
import { type CommandEnd, startCommand } from "./command";
import { environment } from "./environment";
import { familyInOurGroup, familyOfGroup } from "./family";
import { relayInForeground, relayToGroup } from "./relay";
import type { Messages } from "./say";
import { type Seen, shownFences } from "./seen";
import type { Signals } from "./signals";
import { stop } from "./stop";
import type { Hold } from "./under-lock";

export interface HoldOptions {
  readonly foreground: boolean;
  readonly onLost: "term" | "ignore";
  /** In ms. */
  readonly killAfter: number;
}

interface HoldTools {
  readonly signals: Signals;
  readonly messages: Messages;
  readonly seen: Seen;
}

/** Runs the command while the lock is held. If the lock is lost, stops the command and its children, and the code is 79. */
export async function holdFor(
  command: readonly [string, ...string[]],
  hold: Hold,
  { foreground, onLost, killAfter }: HoldOptions,
  { signals, messages, seen }: HoldTools,
): Promise<CommandEnd> {
  const say = (): void => messages.say(loss(hold, seen, { onLost, killAfter }));
  if (!hold.isHeld) {
    say(); // this process stood still since the grant
    return LOST;
  }
  const familyOf = foreground ? familyInOurGroup() : familyOfGroup;
  const { pid, ended } = await startCommand(command, { foreground, env: environment(hold.fences) });
  const family = familyOf(pid);
  const look = (): boolean => hold.isHeld;
  signals.relayTo(foreground ? relayInForeground(pid, look) : relayToGroup(pid, look));

  let stopping: Promise<readonly number[]> | undefined;
  const lost = (): void => {
    if (onLost === "term") stopping = stop(family, killAfter);
    // The core reports how late it is after it has aborted the signal. TERM comes before the message too, and KILL if that may wait.
    const before = messages.mayBlock ? stopping : undefined;
    void Promise.resolve(before).then(say);
  };
  // The deadline does not need what has failed, so the command goes on for as long as the lease is extended.
  process.on("uncaughtException", (error) => messages.say(`an error in distlock itself: ${escaped(String(error))}`));
  if (hold.signal.aborted) lost();
  else hold.signal.addEventListener("abort", lost, { once: true });

  const end = await ended;
  hold.signal.removeEventListener("abort", lost);
  signals.ignore();
  if (stopping === undefined) return end;
  const left = await stopping;
  if (left.length > 0) messages.say(`these processes could not be stopped: ${left.join(" ")}`);
  return LOST;
}

const LOST: CommandEnd = { code: EXIT.lost.code, signal: null };

/** What the user reads of a loss. */
function loss(hold: Hold, seen: Seen, { onLost, killAfter }: Omit<HoldOptions, "foreground">): string {
  const { message } = hold.signal.reason as LockLostError;
  const late = formatDuration(seen.lost?.lateBy ?? 0);
  const then =
    onLost === "term" ? `the command gets TERM now, and KILL in ${formatDuration(killAfter)}` : "the command goes on";
  return `LOST THE LOCK (${shownFences(hold.fences)}): ${escaped(message)}. Noticed ${late} late; ${then}`;
}
