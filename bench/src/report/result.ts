import type { CycleRound } from "../measure/cycle";
import type { HotKeyResults } from "../measure/hot-key";
import type { Machine } from "../measure/machine";
import type { MemoryResults } from "../measure/memory";
import type { ObservingResults } from "../measure/observing";
import type { RenewalRound } from "../measure/renewal";
import type { ByContestant } from "../measure/rounds";
import type { WaitingResults } from "../measure/waiting";

/** All that a run measured; a part that was not asked for is absent. */
export interface Result {
  readonly machine: Machine;
  readonly command: string;
  cycle?: ByContestant<CycleRound>;
  hot?: HotKeyResults;
  renewal?: ByContestant<RenewalRound>;
  memory?: MemoryResults;
  waiting?: WaitingResults;
  observing?: ObservingResults;
}
