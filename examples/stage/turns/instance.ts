import { type Client, openClient } from "./clients";
import type { FromInstance, Job, ToInstance } from "./job";
import { playTurns } from "./play-turns";

// The process of one instance. Ctrl-C reaches it too: the run that started it decides when it ends.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit());

function say(message: FromInstance): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
let job: Job;
let client: Client;

async function hear(message: ToInstance): Promise<void> {
  if (message.say === "prepare") {
    job = message.job;
    client = await openClient(job.clientLibrary, job.url);
    say({ say: "ready" });
  } else {
    const waits = await playTurns(job, client, () => say({ say: "written" }));
    client.close();
    say({ say: "finished", waits });
  }
}

process.on("message", (message: ToInstance) => {
  hear(message).catch((error: unknown) => say({ say: "failed", why: (error as Error).message }));
});
