import { expect, test } from "vitest";
import { found } from "./found.mjs";
import { hunt } from "./mutant.mjs";
import { simulated } from "./mutations.mjs";

/** Bugs that distlock has had, or nearly had, each with the mutation that brings it back. */
const old = {
  "a grant that counts from its arrival": "a grant counts from its reply",
  "a message that is not compared with the floor": "a push is never void",
  "a lock that comes back after its deadline": "a lock comes back",
  "a claim that is not extended to the ttl": "a claim is not extended",
  "a token that is given up without a tombstone": "release leaves no tombstone",
  "a waiter that is stranded when its message and its heartbeat are lost": "a missing waiter does nothing",
  "a waiter that comes back with a new ticket": "a missing waiter asks without its ticket",
  "fences that are lower after a failover": "the fence is only counted",
  "several keys that are taken in the order of the call": "keys are taken in the caller's order",
};

const SECONDS = 60;

test.each(Object.entries(old))("a simulation finds %s", { timeout: 2 * SECONDS * 1_000 }, async (_, name) => {
  const edits = simulated[name];
  expect(edits, name).toBeDefined();
  const [scenario, seed] = found[name]!;
  expect(await hunt(edits!, SECONDS, { scenario, seed })).toMatchObject({ why: expect.any(String) });
});

/** A seventh of the others, another one each day: `node test/simulation/mutate.mjs` tries all. */
const day = Math.floor(Date.now() / 86_400_000);
const others = Object.entries(found)
  .filter(([name]) => !Object.values(old).includes(name))
  .filter((_, i) => i % 7 === day % 7);

test.each(others)(
  "a simulation finds the mutation: %s",
  { timeout: 3 * SECONDS * 1_000 },
  async (name, [scenario, seed]) => {
    expect(await hunt(simulated[name]!, SECONDS, { scenario, seed })).toMatchObject({ why: expect.any(String) });
  },
);
