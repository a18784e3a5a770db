import { type ContestantId, contestantIds, titleOf } from "../contestants/contestants";
import { type LibraryWorker, startLibraryWorker } from "../worker/start-library-worker";
import type { Bench } from "./bench";
import { type ByContestant, interleave } from "./rounds";

/** Cycles per second. */
export interface CycleRound {
  readonly sequential: number;
  readonly parallel: number;
}

export const PARALLEL = 64;

/** Acquire and release when nobody else wants the key: one after the other, and 64 at once on different keys. */
export async function measureCycle({ port, quick, progress }: Bench): Promise<ByContestant<CycleRound>> {
  const rounds = quick ? 3 : 15;
  const sequential = quick ? 300 : 1_000;
  const each = quick ? 10 : 160;
  const workers = new Map<ContestantId, LibraryWorker>();
  const step = progress("cycle", (rounds + 1) * contestantIds.length);

  async function open(id: ContestantId): Promise<LibraryWorker> {
    const worker = startLibraryWorker();
    workers.set(id, worker);
    await worker.open(id, port);
    await worker.cycle(1, 3 * sequential);
    await worker.cycle(PARALLEL, 3 * each);
    step(titleOf(id));
    return worker;
  }

  try {
    return await interleave(contestantIds, rounds, async (id) => {
      const worker = workers.get(id) ?? (await open(id));
      const one = await worker.cycle(1, sequential);
      const many = await worker.cycle(PARALLEL, each);
      step(titleOf(id));
      return { sequential: (1_000 * sequential) / one, parallel: (1_000 * PARALLEL * each) / many };
    });
  } finally {
    await Promise.all([...workers.values()].map((worker) => worker.end()));
  }
}
