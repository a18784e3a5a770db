import { checkBy, checks, type Violation as ViolationOf } from "../../faults/check/check";
import type { Event } from "../../faults/event";
import { cost } from "./cost";
import { deadlock } from "./deadlock";
import { disowned } from "./disowned";
import { doubt } from "./doubt";
import { early } from "./early";
import { ghosts } from "./ghosts";
import { idle } from "./idle";
import { kept } from "./kept";
import { notice } from "./notice";
import { order } from "./order";
import { repeats } from "./repeats";
import { stranded } from "./stranded";
import { thrift } from "./thrift";
import { unread } from "./unread";
import { verdict } from "./verdict";

const simulated = {
  ...checks,
  doubt,
  deadlock,
  order,
  stranded,
  early,
  ghosts,
  notice,
  idle,
  kept,
  unread,
  verdict,
  thrift,
  repeats,
  cost,
  disowned,
};
export type SimulatedRule = keyof typeof simulated;
export type Violation = ViolationOf<SimulatedRule>;

/** The violations in a simulated history; none if it keeps every promise. */
export const check = (history: readonly Event[]): Violation[] => checkBy(simulated, history);
