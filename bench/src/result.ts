import type { CycleRound } from "./cycle";
import type { HotKeyResults } from "./hot-key";
import type { Machine } from "./machine";
import type { MemoryResults } from "./memory";
import type { RenewalRound } from "./renewal";
import type { ByContestant } from "./rounds";
import type { WaitingResults } from "./waiting";

/** All that a run measured; a part that was not asked for is absent. */
export interface Result {
  readonly machine: Machine;
  readonly command: string;
  cycle?: ByContestant<CycleRound>;
  hot?: HotKeyResults;
  renewal?: ByContestant<RenewalRound>;
  memory?: MemoryResults;
  waiting?: WaitingResults;
}
