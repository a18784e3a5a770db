import { expect, test } from "vitest";
import { inProcessDriver } from "../src/index";

/** The work that one of so many waiters makes, in µs of the processor: other processes add nothing to it. */
async function costPerWaiter(count: number): Promise<number> {
  const driver = inProcessDriver();
  const never = { abandoned: false };
  await driver.acquire({ keys: ["k"], token: "holder", ttl: 60_000 }, never);
  const began = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    const place = { key: "k", ticket: 0 };
    const reply = await driver.acquire({ keys: ["k"], token: `inbox:${i}`, ttl: 60_000, place }, never);
    expect(reply.status).toBe("queued");
  }
  const { user, system } = process.cpuUsage(began);
  return (user + system) / count;
}

test("a waiter of a long queue costs no more than one of a short queue", async () => {
  await costPerWaiter(1_000); // compiles
  const short = Math.min(await costPerWaiter(1_000), await costPerWaiter(1_000), await costPerWaiter(1_000));
  expect((await costPerWaiter(20_000)) / short).toBeLessThan(8); // it was 60
});

test("an old ticket gets its place back, and the next waiter the end of the queue", async () => {
  const driver = inProcessDriver();
  const never = { abandoned: false };
  const enter = async (token: string, ticket: number) => {
    const reply = await driver.acquire({ keys: ["k"], token, ttl: 60_000, place: { key: "k", ticket } }, never);
    return reply.status === "queued" ? reply : expect.unreachable();
  };
  await driver.acquire({ keys: ["k"], token: "a:holder", ttl: 60_000 }, never);
  const first = await enter("a:first", 0);
  const second = await enter("a:second", 0);
  await driver.release({ key: "k", token: "a:first", tombstone: false });
  expect(await enter("a:first", first.ticket)).toMatchObject({ ticket: first.ticket, head: true });
  expect((await enter("a:third", 0)).ticket).toBeGreaterThan(second.ticket);
});
