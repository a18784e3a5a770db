import { setTimeout as sleep } from "node:timers/promises";
import { createLocker } from "@distlock/core";
import { LockedMemory, type Memory } from "@distlock/memory";
import type { Client } from "./clients";
import type { Job } from "./job";
import { jsonBlobMemory } from "./json-blob-memory";
import { messagesOf } from "./turn";

/** Longest time that the imagined model thinks about an answer, in ms. */
const THINKING = 4;

/** Longest wait for the lock, in ms: the slowest machine should finish. */
const PATIENCE = 60_000;

/** Writes the turns of one instance. Gives how long each waited from asking until its write began, in ms. */
export async function playTurns(
  { instance, conversation, lock, turns }: Job,
  { store, driver }: Client,
  onWritten: () => void,
): Promise<number[]> {
  let began = 0;
  const plain = jsonBlobMemory(store, conversation);
  const noted: Memory = {
    ...plain,
    save(...turn) {
      began = performance.now();
      return plain.save(...turn);
    },
  };
  const locker = createLocker(driver);
  const memory = lock === undefined ? noted : new LockedMemory(noted, locker, { key: lock, timeout: PATIENCE });

  const waits: number[] = [];
  for (let number = 1; number <= turns; number++) {
    const [input, output] = messagesOf({ instance, number });
    const asked = performance.now();
    await memory.save(input, output);
    waits.push(began - asked);
    onWritten();
    await sleep(Math.random() * THINKING);
  }
  await locker.close();
  return waits;
}
