import { setTimeout as sleep } from "node:timers/promises";
import { stallEventLoop } from "@distlock/testing";
import { expect, test } from "vitest";
import { machineClock } from "../support/machine-clock";

/** Sleeps as often and as long as the clock does between two ticks. */
async function sleepThrough(ticks: number): Promise<void> {
  for (let tick = 0; tick < ticks; tick++) await sleep(10);
}

test("the machine's clock goes on with each timer, and never runs ahead of the time", async () => {
  const began = performance.now();
  const clock = machineClock();
  await sleepThrough(30);
  const counted = clock();
  expect(counted).toBeGreaterThan(250);
  expect(counted).toBeLessThanOrEqual(performance.now() - began);
});

test("the machine's clock stands still while the process cannot run", async () => {
  const clock = machineClock();
  await sleepThrough(3);
  const before = clock();
  stallEventLoop(300);
  expect(clock() - before).toBeLessThanOrEqual(20);
  await sleepThrough(3);
  expect(clock() - before).toBeLessThan(200);
});

test("the machine's clock stops while the server beside it does not answer", async () => {
  let answer = () => {};
  const clock = machineClock(() => new Promise<void>((resolve) => (answer = resolve)));
  await sleepThrough(20);
  expect(clock()).toBeLessThanOrEqual(20);
  answer();
  await sleepThrough(5);
  expect(clock()).toBeGreaterThan(20);
});

test("the machine's clock is not read any more when the server beside it is gone", async () => {
  const clock = machineClock(() => Promise.reject(new Error("connection is closed")));
  await sleepThrough(5);
  expect(clock).toThrow("connection is closed");
});
