import type { Driver } from "../../packages/core/src/driver/driver";
import type { Event } from "../faults/event";
import type { Random } from "../faults/random";
import type { Engine } from "./engine/engine";
import type { Process } from "./process/process";
import type { Store } from "./process/store";
import type { Scenario } from "./scenario";
import type { Server } from "./server/server";

/** Everything that one run simulates. */
export interface World {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly engine: Engine;
  readonly random: Random;
  readonly keys: readonly string[];
  readonly server: Server;
  /** The methods of the server. They record what they do. */
  readonly driver: Driver;
  readonly store: Store;
  /** One place for each process; a process that starts again takes the place of the one before. */
  readonly processes: Process[];
  record(event: Event): void;
  isCalm: boolean;
  isFinishing: boolean;
}
