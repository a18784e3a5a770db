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
import { periods } from "./periods";
import { repeats } from "./repeats";
import { stranded } from "./stranded";
import { thrift } from "./thrift";
import { unread } from "./unread";
import { verdict } from "./verdict";

/** The rounds know less of an outage than a simulation: `periods` takes the place of `period`. */
const { period: _, ...shared } = checks;
const promises = { ...shared, doubt, deadlock, order, stranded, early, ghosts, periods };

/**
 * How the lock behaves where no fault prevents it. Faults excuse much, and a rule may not know each excuse: a violation is a reason
 * to look, and not yet a bug.
 */
const habits = {
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
const all = { ...promises, ...habits };
export type SimulatedRule = keyof typeof all;
export type Violation = ViolationOf<SimulatedRule>;

/** The violations in a simulated history; none if it keeps every promise. `isStrict`: and every habit. */
export const check = (history: readonly Event[], isStrict = false): Violation[] =>
  isStrict ? checkBy(all, history) : checkBy(promises, history);
