import { startWorker } from "@distlock/testing";
import type { FromWorker, Job, ToWorker } from "./message";
import type { Recorder } from "./recorder";
import type { Store } from "./store";

/** A worker in a process of its own, which dies with this one. */
export interface Player {
  /** Resolves when it is connected and waits to play. */
  readonly ready: Promise<void>;
  /** Resolves when it has finished. */
  readonly finished: Promise<void>;
  tell(message: ToWorker): void;
  /** Kills the process. */
  stop(): Promise<void>;
}

/** `ready` and `finished` reject if the worker fails or its process ends early. */
export function startPlayer(file: URL, job: Job, recorder: Recorder, store: Store): Player {
  const worker = startWorker(file, { execArgv: ["--import", "tsx", "--no-warnings"] });
  const tell = (message: ToWorker): void => void worker.process.send(message, () => {});
  const failure = (why: string) => new Error(`${job.worker} (${job.library}) failed: ${why}`);

  const heard = (what: FromWorker["say"]): Promise<void> => {
    const promise = new Promise<void>((resolve, reject) => {
      worker.process.on("message", (message: FromWorker) => {
        if (message.say === "failed") reject(failure(message.why));
        else if (message.say === what) resolve();
      });
      worker.ended.then((end) => reject(failure(`its process ended with ${end}`)));
    });
    promise.catch(() => {});
    return promise;
  };

  worker.process.on("message", (message: FromWorker) => {
    switch (message.say) {
      case "ready":
      case "finished":
      case "failed":
        return;
      case "writes": {
        const taken = store.write(message.lock, message.fence);
        recorder.recordWrite(job.worker, message.call, taken);
        return tell({ say: "stored", write: message.write, taken });
      }
      default:
        recorder.record(job.worker, message);
    }
  });
  const [ready, finished] = [heard("ready"), heard("finished")];
  tell({ say: "prepare", job });
  return {
    ready,
    finished,
    tell,
    async stop() {
      worker.signal("SIGKILL");
      await worker.ended;
    },
  };
}
