import type { Leases } from "../../../packages/core/src/locker/leases";
import type { Locker } from "../../../packages/core/src/locker/locker";
import type { Event } from "../../faults/event";
import type { Random } from "../../faults/random";
import type { Engine } from "../engine/engine";
import type { Machine } from "../engine/machine";
import type { Scenario } from "../scenario";
import type { Course } from "./course";
import type { Looker } from "./looker";
import type { Store } from "./store";

/** What the work of one process can use. */
export interface Workplace {
  readonly worker: string;
  readonly engine: Engine;
  readonly machine: Machine;
  readonly scenario: Scenario;
  readonly keys: readonly string[];
  readonly random: Random;
  readonly locker: Locker;
  readonly leases: Leases;
  readonly store: Store;
  readonly looker: Looker;
  readonly course: Course;
  /** The controllers of the calls that are under way. */
  readonly controllers: Set<AbortController>;
  record(event: Event): void;
  pause(ms: number): Promise<void>;
  /** Computes for so long: the event loop stands still. */
  block(ms: number): void;
  nextCall(): number;
  /** Whether the faults are over. Each wait then gets all the time that it needs. */
  isCalm(): boolean;
}
