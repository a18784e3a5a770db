import { age, isForeign, oldestWait, type Seen } from "../locks/seen";
import { holderText } from "../locks/table";
import { formatDuration } from "../output/duration";
import { escaped } from "../output/escape";

/** How a forced release ended, and what its user reads. */
export const WHY = {
  freed: "freed",
  free: "the lock is free already: nothing was freed",
  fence: "the hold has another fence: nothing was freed",
  label: "the holder has another label, or none: nothing was freed",
  declined: "nothing was freed",
  gone: "the hold that was shown is over: look again with inspect",
} as const;

export type Why = keyof typeof WHY;

interface Conditions {
  readonly ifFence?: number;
  readonly ifLabel?: string;
}

/** Why a hold must not be freed, if it must not. */
export function obstacle(seen: Seen, { ifFence, ifLabel }: Conditions): Why | undefined {
  if (!seen.held) return "free";
  if (ifFence !== undefined && (isForeign(seen) || seen.fence !== ifFence)) return "fence";
  if (ifLabel !== undefined && seen.holder?.label !== ifLabel) return "label";
  return undefined;
}

/** What is about to be freed. */
export function describe(seen: Seen, { reason }: { readonly reason?: string }): string[] {
  const held = age(seen);
  const facts = [
    `held by ${holderText(seen)}`,
    ...(held === undefined ? [] : [`for ${formatDuration(held)}`]),
    ...(isForeign(seen) ? [] : [`fence ${seen.fence}`]),
    `${formatDuration(seen.remaining)} left of its lease`,
    `${seen.waiting} waiting`,
  ];
  const first = oldestWait(seen);
  return [
    `about to free ${escaped(seen.key)}: ${facts.join(", ")}${first === undefined ? "" : ` (the first for ${formatDuration(first)})`}`,
    ...(isForeign(seen)
      ? ["it is another library's lock: its hold has no fence, so the next hold could be freed in its place"]
      : []),
    ...(reason === undefined ? [] : [`reason: ${escaped(reason)}`]),
  ];
}
