import { setTimeout as sleep } from "node:timers/promises";
import { freePort, startWorker } from "@distlock/testing";
import type { Library } from "../library";

/** An instance of the service, in a process of its own, which dies with this one. */
export interface Instance {
  readonly url: string;
  /** Freezes it, lets it go on, or crashes it. */
  signal(name: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void;
  /** SIGTERM, as a deployment ends it: resolves when it has ended, and rejects if it ended in another way. */
  drain(): Promise<void>;
  /** Kills the process. */
  stop(): Promise<void>;
}

export interface InstanceOptions {
  /** The program of an instance. */
  readonly service: URL;
  readonly redisUrl: string;
  readonly client: Library;
  readonly locked: boolean;
  readonly whenBusy?: "wait" | "reject";
  /** Length of a lease, ms. */
  readonly ttl: number;
}

/** How long an instance may take until it is well, and until it has ended, in ms. */
const PATIENCE = 30_000;

const isWell = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    async (response) => {
      await response.text();
      return response.ok;
    },
    () => false,
  );

/** Resolves when it is well. */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const worker = startWorker(options.service, {
    execArgv: ["--import", "tsx", "--no-warnings"],
    env: {
      PORT: String(port),
      REDIS_URL: options.redisUrl,
      REDIS_CLIENT: options.client,
      LOCK: options.locked ? "on" : "off",
      LOCK_TTL: String(options.ttl),
      WHEN_BUSY: options.whenBusy ?? "wait",
      // Developers who trace their own programs do not want these conversations there.
      LANGSMITH_TRACING: "false",
    },
  });
  const stop = async () => {
    worker.signal("SIGKILL");
    await worker.ended;
  };
  let end: number | string | undefined;
  worker.ended.then((how) => {
    end = how;
  });
  const began = performance.now();
  while (!(await isWell(url))) {
    if (end !== undefined) throw new Error(`an instance ended with ${end} before it was well`);
    if (performance.now() - began > PATIENCE) {
      await stop();
      throw new Error(`an instance was not well within ${PATIENCE} ms`);
    }
    await sleep(20);
  }
  return {
    url,
    signal: worker.signal,
    async drain() {
      worker.process.kill("SIGTERM");
      const late = setTimeout(stop, PATIENCE);
      const how = await worker.ended;
      clearTimeout(late);
      if (how !== 0) throw new Error(`an instance ended with ${how} after SIGTERM`);
    },
    stop,
  };
}
