import { type ContestantId, titleOf } from "../contestants/contestants";
import { startLibraryWorker } from "../worker/start-library-worker";
import type { Bench } from "./bench";
import { type ByContestant, interleave } from "./rounds";
import { callsBetween, readServerCosts } from "./server-costs";

/** The contestants that keep a lock alive without a callback, each by its own means. */
export const keepers: readonly ContestantId[] = [
  "distlock-ioredis",
  "distlock-node-redis",
  "bare-ioredis",
  "bare-node-redis",
  "redis-semaphore",
];

export const HELD = 10_000;
/** Short, so that several rounds of extensions fit into the time of a bench. */
export const RENEWAL_TTL = 6_000;

/** Per round, in which each lock is extended once. */
export interface RenewalRound {
  /** Extension commands that the client sent. */
  readonly commands: number;
  /** ms. */
  readonly redisCpu: number;
  /** ms. */
  readonly nodeCpu: number;
}

/** Many locks in one process, kept alive while nothing else happens. */
export async function measureRenewal({ port, control, quick, progress }: Bench): Promise<ByContestant<RenewalRound>> {
  const rounds = quick ? 1 : 3;
  const step = progress("renewal", rounds * keepers.length);

  return interleave(keepers, rounds, async (id) => {
    const worker = startLibraryWorker();
    try {
      await worker.open(id, port);
      await worker.keep(HELD, RENEWAL_TTL);
      await worker.spend(RENEWAL_TTL / 2); // the first extensions warm up
      const before = await readServerCosts(control);
      const { cpu } = await worker.spend(quick ? RENEWAL_TTL : 2 * RENEWAL_TTL);
      const after = await readServerCosts(control);
      // Every contestant's script looks at each lock with one GET.
      const extended = callsBetween(before, after, "get") / HELD;
      if (extended < 1) throw new Error("not every lock was extended");
      return {
        commands: callsBetween(before, after, "evalsha", "eval") / extended,
        redisCpu: (after.cpu - before.cpu) / 1_000 / extended,
        nodeCpu: cpu / extended,
      };
    } finally {
      await worker.end();
      await control.flushall();
      step(titleOf(id));
    }
  });
}
