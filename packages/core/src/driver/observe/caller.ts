// Tested by packages/core/test/observe.test.ts
import type { AcquireOperation } from "./operation";

type Caller = AcquireOperation["call"];

let caller: Caller | undefined;

/** Makes a call of `acquire` on behalf of another one, which observers then see in its place. */
export function calledAs<T>(name: Caller, call: () => T): T {
  caller = name;
  try {
    return call();
  } finally {
    caller = undefined;
  }
}

/** Which call asks for a lock: the one that is made at this moment. */
export const callerOr = (name: Caller): Caller => caller ?? name;
