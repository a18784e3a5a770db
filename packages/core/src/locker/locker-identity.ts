// Tested by packages/otel/test/traced.test.ts
/**
 * The member that says which locker an object is, even where a decorator is around it. `createLocker` sets it. A decorator that
 * spreads the locker (`{ ...locker, acquire }`) keeps it; one that makes a new object passes it on. `@distlock/memory` needs it
 * to see that a call within a turn has the same locker as the turn.
 */
export const lockerIdentity: unique symbol = Symbol.for("distlock.lockerIdentity");
