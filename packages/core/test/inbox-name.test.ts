import { expect, test } from "vitest";
import { createLocker, inProcessDriver } from "../src/index";

test("the inbox of a locker has a name of its own, also beside another locker of the same process", async () => {
  const driver = inProcessDriver();
  const inboxes = new Set<string>();
  for (const key of ["a", "b"]) {
    const { token } = await createLocker(driver).acquire(key);
    inboxes.add(token.slice(0, token.indexOf(":")));
  }
  expect([...inboxes].map((inbox) => inbox.length)).toEqual([16, 16]);
});
