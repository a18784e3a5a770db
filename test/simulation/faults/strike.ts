import type { Random } from "../../faults/random";
import type { Process } from "../process/process";
import type { World } from "../world";

/** What a fault can use. */
export interface Scene {
  readonly world: World;
  readonly random: Random;
  /** Runs a function after some ms, or when the faults end, if that is earlier. */
  later(ms: number, run: () => void): void;
  /** A process that is alive and not yet done. */
  victim(): Process;
  /** Starts another process in the place of one that ended. */
  replace(process: Process): void;
}

/** A fault: it makes something go wrong. Returns the processes that it met; none if it could not happen. */
export type Strike = (scene: Scene) => readonly Process[];
