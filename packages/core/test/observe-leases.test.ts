import { expect, test } from "vitest";
import { createLeases, type Fact, inProcessDriver, type Operation, observe } from "../src/index";
import { useVirtualClock } from "./virtual-clock";

/** The leases of a driver, and what those who look see of them, in short. */
function watched() {
  const seen: string[] = [];
  const note = (what: Operation | Fact) => {
    if (what.name === "hold") seen.push(`hold ${what.end}`);
    else if (what.name === "lost") seen.push(`lost: ${what.reason}`);
    else if ("outcome" in what) seen.push(`${what.name} ${what.outcome}`);
  };
  const observer = observe({
    end: note,
    event: note,
  });
  const leases = createLeases(inProcessDriver());
  return { leases, seen, [Symbol.dispose]: () => observer[Symbol.dispose]() };
}

test("a lease has an acquire, a hold, extensions and a release, as a lock has", async () => {
  using here = watched();
  const { leases, seen } = here;
  const own = { key: "k", token: "a", ttl: 5_000 };
  await leases.acquire(own);
  await leases.acquire(own);
  await leases.acquire({ ...own, token: "b" });
  await leases.extend(own);
  await leases.release(own);
  expect(seen).toEqual([
    "acquire granted",
    "acquire granted",
    "acquire busy",
    "extend held",
    "hold released",
    "release released",
  ]);
});

test("a transfer ends the hold of the one, and begins the hold of the other", async () => {
  using here = watched();
  const { leases, seen } = here;
  await leases.acquire({ key: "k", token: "a", ttl: 5_000 });
  await leases.transfer({ key: "k", from: "a", to: "b", ttl: 5_000 });
  expect(await leases.transfer({ key: "k", from: "a", to: "c", ttl: 5_000 })).toEqual({ status: "lost" });
  await leases.release({ key: "k", token: "b" });
  expect(seen.filter((each) => each.startsWith("hold"))).toEqual(["hold transferred", "hold released"]);
});

test("a lease that runs out, or is lost, is a loss", async () => {
  const clock = useVirtualClock();
  using here = watched();
  const { leases, seen } = here;
  await leases.acquire({ key: "k", token: "a", ttl: 1_000 });
  await clock.pass(600);
  await leases.extend({ key: "k", token: "a", ttl: 1_000 });
  await clock.pass(600);
  expect(seen).not.toContain("lost: expired");
  await clock.pass(600);
  expect(seen.slice(-2)).toEqual(["lost: expired", "hold expired"]);
  await leases.acquire({ key: "j", token: "a", ttl: 60_000 });
  await leases.forceRelease("j");
  await leases.extend({ key: "j", token: "a", ttl: 60_000 });
  expect(seen.slice(-3)).toEqual(["lost: taken", "hold lost", "extend lost"]);
});
