import { createLocker, inProcessDriver, type Locker } from "@distlock/core";
import { lockerIdentity } from "@distlock/core/driver";
import { traced } from "@distlock/otel";
import { expect, test } from "vitest";

test("a traced locker has the identity of the locker, even when it is traced twice", () => {
  const [locker, other] = [createLocker(inProcessDriver()), createLocker(inProcessDriver())];
  expect(locker[lockerIdentity]).toBeInstanceOf(Object);
  expect(traced(locker)[lockerIdentity]).toBe(locker[lockerIdentity]);
  expect(traced(traced(locker))[lockerIdentity]).toBe(locker[lockerIdentity]);
  expect(traced(other)[lockerIdentity]).not.toBe(locker[lockerIdentity]);
});

test("a locker that has no identity is itself the identity of its traces", () => {
  const { [lockerIdentity]: _, ...locker } = createLocker(inProcessDriver());
  expect(traced(locker satisfies Locker)[lockerIdentity]).toBe(locker);
});
