import { startWorker } from "@distlock/testing";
import type { FromInstance, Job, ToInstance } from "./job";

/** An instance in a process of its own. */
export interface Instance {
  readonly job: Job;
  /** Resolves when it is connected and waits to play. */
  readonly ready: Promise<void>;
  /** Has it play; resolves with the wait of each turn, in ms. */
  play(): Promise<number[]>;
  /** Kills the process. */
  stop(): Promise<void>;
}

/** `ready` and `play` reject if the instance fails or its process ends early. */
export function startInstance(program: URL, job: Job, onWritten: () => void): Instance {
  const worker = startWorker(program, { execArgv: ["--import", "tsx", "--no-warnings"] });
  const tell = (message: ToInstance): void => void worker.process.send(message, () => {});
  const failure = (why: string) => new Error(`instance ${job.instance} (${job.clientLibrary}) failed: ${why}`);

  /** The next message that is not `written`. */
  async function hear(): Promise<FromInstance> {
    for (;;) {
      const message = await worker.next<FromInstance>().catch(async () => {
        throw failure(`its process ended with ${await worker.ended}`);
      });
      if (message.say === "failed") throw failure(message.why);
      if (message.say !== "written") return message;
      onWritten();
    }
  }

  tell({ say: "prepare", job });
  const ready = hear().then(() => {});
  ready.catch(() => {});

  return {
    job,
    ready,
    async play() {
      tell({ say: "play" });
      const message = await hear();
      return message.say === "finished" ? message.waits : [];
    },
    async stop() {
      worker.signal("SIGKILL");
      await worker.ended;
    },
  };
}
