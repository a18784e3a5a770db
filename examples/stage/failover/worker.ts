import { setTimeout as sleep } from "node:timers/promises";
import { type Lock, LockError, type Locker } from "@distlock/core";
import type { Client, Clients } from "./client";
import { monotonic } from "./clock";
import { locks, type PlayedLock } from "./locks";
import type { FromWorker, Job, ToWorker } from "./message";

/** Longest wait for a lock, in ms: the slowest failover should be over by then. */
const PATIENCE = 60_000;
/** Between two writes of a holder, in ms. */
const WRITE_EVERY = 100;
/** Longest pause before a worker wants a lock again, in ms. */
const PAUSE = 60;

const say = (message: FromWorker): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};

/** Runs a worker as the program of this process: it wants all locks, again and again, until the play finishes. */
export function work<Address>(clients: Clients<Address>): void {
  // Ctrl-C reaches this process too: the play that started it decides when it ends.
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit());

  const eased = new AbortController();
  const finished = new AbortController();
  const writes = new Map<number, (taken: boolean) => void>();
  let job: Job<Address>;
  let client: Client;
  let calls = 0;
  let writeCount = 0;

  /** Whether the store took the write. It does not if it has seen a higher fence. */
  function write(lock: string, call: number, fence: number): Promise<boolean> {
    const number = ++writeCount;
    return new Promise<boolean>((resolve) => {
      writes.set(number, resolve);
      say({ say: "writes", lock, call, at: monotonic(), write: number, fence });
    });
  }

  /** The work under a lock: writes with its fence, until the lock was held long enough or is lost, or the store refuses. */
  async function hold({ name, keeps, hold }: PlayedLock, call: number, { fence, signal }: Lock): Promise<void> {
    say({ say: "holds", lock: name, call, at: monotonic(), fence });
    signal.addEventListener("abort", () => say({ say: "lost", lock: name, call, at: monotonic() }));
    const until = monotonic() + hold;
    try {
      while (!signal.aborted && (monotonic() < until || (keeps && !eased.signal.aborted))) {
        // Another process has the lock already, though this lock does not know yet. The release will find that out.
        if (!(await write(name, call, fence))) break;
        await sleep(Math.min(WRITE_EVERY, Math.max(1, until - monotonic())), undefined, { signal });
      }
    } finally {
      say({ say: "ends", lock: name, call, at: monotonic() });
    }
  }

  async function want(locker: Locker, lock: PlayedLock): Promise<void> {
    const { name, ttl } = lock;
    let granted = true;
    // A worker that has begun to wait goes on until it was granted.
    while (!finished.signal.aborted || !granted) {
      const call = ++calls;
      granted = false;
      say({ say: "asks", lock: name, call, at: monotonic() });
      const error = await locker
        .withLock(job.keys[name]!, { ttl, timeout: PATIENCE }, (held) => {
          granted = true;
          return hold(lock, call, held);
        })
        .then(
          () => undefined,
          // The work of a lost lock ends with an AbortError, whose cause is the loss.
          (reason) => (LockError.is(reason) ? reason : LockError.is(reason?.cause) ? reason.cause : reason),
        );
      say({ say: "settles", lock: name, call, at: monotonic(), ...(error && { error: error.code ?? error.message }) });
      await sleep(Math.random() * PAUSE + (error ? 100 : 0));
    }
  }

  async function hear(message: ToWorker): Promise<void> {
    switch (message.say) {
      case "prepare":
        job = message.job as Job<Address>;
        client = clients[job.library](job.address);
        await client.connect();
        return say({ say: "ready" });
      case "play": {
        const { locker } = client;
        await Promise.all(locks.map((lock) => want(locker, lock)));
        await locker.close();
        await client.close();
        return say({ say: "finished" });
      }
      case "ease":
        return eased.abort();
      case "finish":
        return finished.abort();
      case "stored":
        writes.get(message.write)?.(message.taken);
        writes.delete(message.write);
        return;
    }
  }

  process.on("message", (message: ToWorker) => {
    hear(message).catch((error: unknown) => say({ say: "failed", why: (error as Error).message }));
  });
}
