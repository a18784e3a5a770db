import { createLocker, type Locker } from "@distlock/core";
import type { Memory } from "@distlock/memory";
import { type Client, openClient, type TextStore } from "./client";
import type { FromInstance, Job, ToInstance } from "./job";
import { writeTurns } from "./write-turns";

/** The code of an example that an instance runs. */
export interface InstanceProgram {
  /** The memory of a conversation that is kept at this key. */
  openMemory(store: TextStore, key: string): Memory;
  /** Makes the memory safe for many instances. */
  lockMemory(memory: Memory, locker: Locker, key: string): Memory;
}

function say(message: FromInstance): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** Runs one instance as the program of this process. */
export function runInstance({ openMemory, lockMemory }: InstanceProgram): void {
  // Ctrl-C reaches this process too: the run that started it decides when it ends.
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit());
  let job: Job;
  let client: Client;

  async function play(): Promise<number[]> {
    const { conversation, lock } = job;
    const locker = createLocker(client.driver);
    const memory = openMemory(client.store, conversation);
    const guard = (noted: Memory) => (lock === undefined ? noted : lockMemory(noted, locker, lock));
    const waits = await writeTurns(job, memory, guard, () => say({ say: "written" }));
    await locker.close();
    return waits;
  }

  async function hear(message: ToInstance): Promise<void> {
    if (message.say === "prepare") {
      job = message.job;
      client = await openClient(job.clientLibrary, job.url);
      return say({ say: "ready" });
    }
    const waits = await play();
    client.close();
    say({ say: "finished", waits });
  }

  process.on("message", (message: ToInstance) => {
    hear(message).catch((error: unknown) => say({ say: "failed", why: (error as Error).message }));
  });
}
