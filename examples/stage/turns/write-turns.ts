import { setTimeout as sleep } from "node:timers/promises";
import type { Memory } from "@distlock/memory";
import type { Job } from "./job";
import { messagesOf } from "./turn";

/** Longest time that the imagined model thinks about an answer, in ms. */
const THINKING = 4;

/**
 * Writes the turns of one instance, to the memory with the guard around it. Returns how long each turn waited, in ms: from
 * asking until its write began.
 */
export async function writeTurns(
  { instance, turns }: Pick<Job, "instance" | "turns">,
  memory: Memory,
  guard: (memory: Memory) => Memory,
  onWritten: () => void,
): Promise<number[]> {
  let began = 0;
  const guarded = guard({
    ...memory,
    save(...turn) {
      began = performance.now();
      return memory.save(...turn);
    },
  });
  const waits: number[] = [];
  for (let number = 1; number <= turns; number++) {
    const [input, output] = messagesOf({ instance, number });
    const asked = performance.now();
    await guarded.save(input, output);
    waits.push(began - asked);
    onWritten();
    await sleep(Math.random() * THINKING);
  }
  return waits;
}
