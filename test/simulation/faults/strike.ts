import type { Random } from "../../faults/random";
import type { Process } from "../process/process";
import type { World } from "../world";

/** What a fault has at hand. */
export interface Scene {
  readonly world: World;
  readonly random: Random;
  /** Does something after some ms. */
  later(ms: number, run: () => void): void;
  /** A process that lives and is not at its end. */
  victim(): Process;
  /** Starts another process in the place of one that ended. */
  replace(process: Process): void;
}

/** Lets something go wrong. Returns the processes that it meets; none if it could not happen. */
export type Strike = (scene: Scene) => readonly Process[];
