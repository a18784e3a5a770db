import { freePort } from "@distlock/testing";
import { startReceiver } from "./receiver";
import { scrape } from "./scrape";
import { startPlayer } from "./start-player";
import type { Report } from "./tally";

/** The names of the workers: one process each. */
export const workers = ["worker-1", "worker-2"] as const;

export interface RunRequest {
  /** The program that calls `work`. */
  readonly worker: URL;
  readonly redisUrl: string;
  readonly prefix: string;
  readonly rounds: number;
  /** The caller's own collector. */
  readonly tracesUrl?: string | undefined;
  readonly onCalled: () => void;
  /** Ends the run early: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** Has the workers play, collects their spans and scrapes their metrics. No process is left behind. */
export async function run(request: RunRequest): Promise<Report[]> {
  const { worker: program, redisUrl, prefix, rounds, tracesUrl, onCalled, signal } = request;
  signal.throwIfAborted();
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  stopped.catch(() => {});
  await using receiver = await startReceiver();
  const tracesUrls = [receiver.tracesUrl, ...(tracesUrl ? [tracesUrl] : [])];
  const ports = await Promise.all(workers.map(() => freePort()));
  const players = workers.map((worker, i) =>
    startPlayer(program, { worker, redisUrl, prefix, rounds, tracesUrls, metricsPort: ports[i]! }, onCalled),
  );
  try {
    await Promise.race([Promise.all(players.map(({ ready }) => ready)), stopped]);
    const playing = Promise.all(players.map((player) => player.play()));
    const counts = await Promise.race([playing, stopped]);
    return await Promise.all(
      players.map(async ({ job: { worker }, metricsUrl }, i) => ({
        worker,
        scrape: await scrape(metricsUrl),
        spans: receiver.spans,
        counts: counts[i]!,
      })),
    );
  } finally {
    await Promise.all(players.map((player) => player.stop()));
  }
}
