import type { Glob } from "../locks/glob";
import { isForeign } from "../locks/seen";
import { holderText, NOTHING } from "../locks/table";
import { escaped } from "../output/escape";
import type { OutputOptions } from "../output/options";
import { note, print, printJson } from "../output/output";
import type { Change } from "./changes";
import { keepLooking, type WatchOptions } from "./looks";

/** A line for a program that splits it at tabs: no field has one. */
const line = ({ event, seen, time }: Change): string =>
  [
    new Date(time).toISOString(),
    event,
    escaped(seen.key),
    holderText(seen),
    isForeign(seen) ? NOTHING : String(seen.fence),
  ].join("\t");

/** Prints a line for each change until a signal ends it: then it rejects with the reason. */
export function watchAsLines(glob: Glob, options: WatchOptions & OutputOptions, signal: AbortSignal): Promise<never> {
  let isInTrouble = false;
  const watcher = {
    onLook(_: unknown, changes: readonly Change[]) {
      if (isInTrouble) note("Redis answers again");
      isInTrouble = false;
      for (const change of changes) {
        if (options.json) printJson({ time: Math.round(change.time), event: change.event, ...change.seen });
        else print(line(change));
      }
    },
    onTrouble({ message }: Error) {
      if (!isInTrouble) note(`${escaped(message)}; trying again`);
      isInTrouble = true;
    },
  };
  return keepLooking(glob, options, watcher, signal);
}
