import { checkBy, checks, type Violation as ViolationOf } from "../../faults/check/check";
import type { Event } from "../../faults/event";
import { deadlock } from "./deadlock";
import { doubt } from "./doubt";
import { early } from "./early";
import { ghosts } from "./ghosts";
import { order } from "./order";
import { stranded } from "./stranded";

const simulated = { ...checks, doubt, deadlock, order, stranded, early, ghosts };
export type SimulatedRule = keyof typeof simulated;
export type Violation = ViolationOf<SimulatedRule>;

/** The violations in a simulated history; none if it keeps every promise. */
export const check = (history: readonly Event[]): Violation[] => checkBy(simulated, history);
