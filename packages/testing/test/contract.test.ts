import { inProcessDriver } from "@distlock/core";
import { driverContract } from "@distlock/testing";
import { describe, test } from "vitest";

describe("inProcessDriver keeps the driver contract", () => {
  const driver = inProcessDriver();
  const cases = driverContract({ drivers: [driver, driver] });
  test.concurrent.for([...cases])("$title", (each: (typeof cases)[number]) => each.run());
});
