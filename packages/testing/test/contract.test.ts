import { type Driver, inProcessDriver } from "@distlock/core";
import { driverContract } from "@distlock/testing";
import { describe, test } from "vitest";

/** With nothing but the five methods that each driver has. */
function withoutAbilities(): Driver {
  const { queue: _queue, replicas: _replicas, transfer: _transfer, ...five } = inProcessDriver();
  return five;
}

describe.each([
  ["inProcessDriver", inProcessDriver],
  ["a driver without abilities", withoutAbilities],
])("%s keeps the driver contract", (_name, open) => {
  const driver = open();
  const cases = driverContract({ drivers: [driver, driver] });
  test.concurrent.for([...cases])("$title", (each: (typeof cases)[number]) => each.run());
});
