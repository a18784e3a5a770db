import { startWorker } from "@distlock/testing";
import type { Counts } from "./counts";
import type { FromWorker, Job, ToWorker } from "./message";

/** A worker in a process of its own, which dies with this one. */
export interface Player {
  readonly job: Job;
  /** Where its metrics are scraped. */
  readonly metricsUrl: string;
  /** Resolves when it is connected and waits to play. */
  readonly ready: Promise<void>;
  /** Has it play. Resolves with its own counts of all plays, when its spans are sent. */
  play(): Promise<Counts>;
  /** Kills the process. */
  stop(): Promise<void>;
}

/** `ready` and `play` reject if the worker fails or its process ends early. */
export function startPlayer(program: URL, job: Job, onCalled: () => void): Player {
  const worker = startWorker(program, { execArgv: ["--import", "tsx", "--no-warnings"] });
  const tell = (message: ToWorker): void => void worker.process.send(message, () => {});
  const failure = (why: string) => new Error(`${job.worker} failed: ${why}`);

  /** The next message that is not `called`. */
  async function hear(): Promise<Exclude<FromWorker, { say: "called" | "failed" }>> {
    for (;;) {
      const message = await worker.next<FromWorker>().catch(async () => {
        throw failure(`its process ended with ${await worker.ended}`);
      });
      if (message.say === "failed") throw failure(message.why);
      if (message.say !== "called") return message;
      onCalled();
    }
  }

  tell({ say: "prepare", job });
  const ready = hear().then(() => {});
  ready.catch(() => {});

  return {
    job,
    metricsUrl: `http://127.0.0.1:${job.metricsPort}/metrics`,
    ready,
    async play() {
      tell({ say: "play" });
      const message = await hear();
      if (message.say !== "played") throw failure(`it said "${message.say}" in place of its counts`);
      return message.counts;
    },
    async stop() {
      worker.signal("SIGKILL");
      await worker.ended;
    },
  };
}
