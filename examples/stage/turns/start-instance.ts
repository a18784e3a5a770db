import { fork } from "node:child_process";
import type { FromInstance, Job, ToInstance } from "./job";

/** An instance in a process of its own. */
export interface Instance {
  readonly job: Job;
  /** Resolves when it is connected and waits to play. */
  readonly ready: Promise<void>;
  /** Has it play; resolves with the wait of each turn, in ms. */
  play(): Promise<number[]>;
  /** Ends the process, whatever it does. */
  stop(): Promise<void>;
}

/** `ready` and `play` reject if the instance fails or its process ends early. */
export function startInstance(job: Job, onWritten: () => void): Instance {
  const child = fork(new URL("./instance.ts", import.meta.url));
  const exited = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
  const tell = (message: ToInstance) => child.send(message);
  const failure = (why: string) => new Error(`instance ${job.instance} (${job.clientLibrary}) failed: ${why}`);

  const heard = <T>(pick: (message: FromInstance) => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      child.on("message", (message: FromInstance) => {
        if (message.say === "failed") reject(failure(message.why));
        const picked = pick(message);
        if (picked !== undefined) resolve(picked);
      });
      child.once("error", (error) => reject(failure(error.message)));
      child.once("exit", (code, signal) => reject(failure(`its process ended with ${signal ?? code}`)));
    });

  child.on("message", ({ say }: FromInstance) => {
    if (say === "written") onWritten();
  });
  const ready = heard(({ say }) => say === "ready" || undefined).then(() => {});
  const finished = heard((message) => (message.say === "finished" ? message.waits : undefined));
  ready.catch(() => {});
  finished.catch(() => {});
  tell({ say: "prepare", job });

  return {
    job,
    ready,
    play() {
      tell({ say: "play" });
      return finished;
    },
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
