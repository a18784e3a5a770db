import { setTimeout as sleep } from "node:timers/promises";
import { createLocker, type Locker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { Redis } from "ioredis";
import { call } from "./call";
import { type Caller, callers, callsOf } from "./callers";
import { onHandOver } from "./channels";
import { noCounts, type Outcome } from "./counts";
import type { FromWorker, Job, ToWorker } from "./message";

/** Longest pause between two calls of a caller, in ms. */
const PAUSE = 6;

/** How the example switches its telemetry on. */
export type StartTelemetry = (options: {
  readonly service: string;
  readonly tracesUrls: readonly string[];
  readonly metricsPort: number;
}) => Promise<{ flush(): Promise<void> }>;

function say(message: FromWorker): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** Puts a list where the lock would be, for a day at most: Redis refuses to make a lock of it. */
const breakLock = (redis: Redis, key: string): Promise<unknown> =>
  redis.multi().del(key).rpush(key, "not a lock").expire(key, 86_400).exec();

/** A worker that is connected, and whose telemetry is on. */
async function open({ worker, redisUrl, prefix, rounds, tracesUrls, metricsPort }: Job, start: StartTelemetry) {
  const telemetry = await start({ service: worker, tracesUrls, metricsPort });
  const redis = new Redis(redisUrl);
  await redis.ping();
  const locker: Locker = createLocker(ioredisDriver(redis), { label: worker });
  const counts = noCounts();
  const note = (outcome: Outcome) => void counts[outcome]++;
  onHandOver(() => note("handed over"));

  const keyOf = ({ lock, own }: Caller): string => `${prefix}:${lock}${own ? `:${worker}` : ""}`;
  for (const caller of callers) if (caller.broken) await breakLock(redis, keyOf(caller));

  async function callAll(caller: Caller): Promise<void> {
    const key = keyOf(caller);
    for (let calls = callsOf(caller, rounds); calls > 0; calls--) {
      await call(locker, key, caller, note);
      say({ say: "called" });
      await sleep(Math.random() * PAUSE);
    }
  }

  return {
    async play(): Promise<void> {
      await Promise.all(callers.map(callAll));
      await telemetry.flush().catch((errors: unknown) => {
        // The SDK rejects with a list of errors.
        const [error] = [errors].flat();
        throw new Error(`its spans could not be sent: ${(error as Error).message}`);
      });
      say({ say: "played", counts });
    },
  };
}

/** Runs a worker as the program of this process. It answers scrapes until it is killed. */
export function work(startTelemetry: StartTelemetry): void {
  // Ctrl-C reaches this process too: the play that started it decides when it ends.
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit());
  let opened: Awaited<ReturnType<typeof open>>;

  async function hear(message: ToWorker): Promise<void> {
    if (message.say === "play") return opened.play();
    opened = await open(message.job, startTelemetry);
    say({ say: "ready" });
  }

  process.on("message", (message: ToWorker) => {
    hear(message).catch((error: unknown) => say({ say: "failed", why: (error as Error).message }));
  });
}
