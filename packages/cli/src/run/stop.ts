import { setTimeout as delay } from "node:timers/promises";
import type { Family } from "./family";

const PAUSE = 20;
/** How long processes that were killed may take to end. One that waits for a broken disk does not end. */
const LONGEST_DEATH = 1_000;

async function ended(family: Family, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  while (family.alive().length > 0) {
    const left = until - performance.now();
    if (left <= 0) return false;
    await delay(Math.min(PAUSE, left));
  }
  return true;
}

/** Asks the command and its children to end, and kills those that still run after `killAfter` ms. Returns the processes that are left. */
export async function stop(family: Family, killAfter: number): Promise<readonly number[]> {
  family.signal("SIGTERM");
  // A stopped process reads a signal when it continues.
  family.signal("SIGCONT");
  if (await ended(family, killAfter)) return [];
  const until = performance.now() + LONGEST_DEATH;
  do {
    // Again and again: a process may have forked between the look and the kill.
    family.signal("SIGKILL");
    if (await ended(family, 5 * PAUSE)) return [];
  } while (performance.now() < until);
  return family.alive();
}
