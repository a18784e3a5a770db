import "reflect-metadata";
import { randomUUID } from "node:crypto";
import { createLeases, createLocker, type Locker, type OnceResult } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { Cron, ScheduleModule } from "@nestjs/schedule";
import { schedule } from "node-cron";
import { afterAll, describe, expect, type TestContext, test } from "vitest";
import { clients, newest } from "../support/clients";
import { until } from "../support/until";

const server = await startRedis();
afterAll(() => server.stop());

/** Lockers, each on a client of its own, as on hosts of their own. They are closed after the test. */
async function hosts(
  name: string,
  count: number,
  { onTestFinished }: Pick<TestContext, "onTestFinished">,
): Promise<Locker[]> {
  const lockers: Locker[] = [];
  for (let i = 1; i <= count; i++) {
    const client = await clients[name]!(server.url);
    const locker = createLocker(client.driver, { label: `host-${i}` });
    lockers.push(locker);
    onTestFinished(async () => {
      await locker.close();
      client.close();
    });
  }
  return lockers;
}

const ranIn = (results: readonly OnceResult<unknown>[]) => results.filter(({ ran }) => ran).length;

// All at once: they wait for most of the time.
describe.concurrent.each(newest)("%s", (name) => {
  test("hosts that fire one after the other run a short job once", async (context) => {
    const key = `report:${randomUUID()}`;
    const lockers = await hosts(name, 5, context);
    const results: OnceResult<unknown>[] = [];
    for (const locker of lockers) results.push(await locker.once(key, { per: 60_000 }, () => "done"));
    const [first, ...others] = results;
    expect(first).toEqual({ ran: true, value: "done" });
    const holder = { label: "host-1", since: expect.any(Number) };
    for (const other of others) expect(other).toEqual({ ran: false, holder, until: expect.any(Number) });
  });

  test("hosts that fire at once run a job once, and a plain acquire waits until its period is over", async (context) => {
    const key = `report:${randomUUID()}`;
    const lockers = await hosts(name, 3, context);
    const per = 1_000;
    const results = await Promise.all(
      lockers.map((each) => each.once(key, { per, onError: "keep" }, (lock) => lock.fence)),
    );
    expect(ranIn(results)).toBe(1);
    const [fence] = results.flatMap((each) => (each.ran ? [each.value] : []));
    const lock = await lockers[0]!.acquire(key, { timeout: 60_000 });
    // A fence is the server's time of the grant, in µs.
    expect((lock.fence - fence!) / 1_000).toBeGreaterThanOrEqual(per);
    expect(await lockers[1]!.once(key, { per }, () => {})).toMatchObject({ ran: false, holder: { label: "host-1" } });
    await lock.release();
    expect(await lockers[1]!.once(key, { per }, () => {})).toMatchObject({ ran: true });
  });

  test("a kept key lasts for its period, not for the lease of the work, even if an extension arrives late", async (context) => {
    const key = `report:${randomUUID()}`;
    const [host] = await hosts(name, 1, context);
    const client = await clients[name]!(server.url);
    let token = "";
    await host!.once(key, { per: 20_000, ttl: 60_000 }, (lock) => {
      token = lock.token;
    });
    const leases = createLeases(client.driver);
    expect(await leases.extend({ key, token, ttl: 60_000 })).toBe("lost");
    expect((await host!.inspect(key)).remaining).toBeLessThanOrEqual(20_000);
    client.close();
  });

  test("the end of a job whose reply is lost is sent again, and keeps the key all the same", async (context) => {
    const key = `report:${randomUUID()}`;
    const [other] = await hosts(name, 1, context);
    const client = await clients[name]!(server.url);
    const { transfer } = client.driver;
    const fences: unknown[] = [];
    const host = createLocker({
      ...client.driver,
      async transfer(request) {
        const reply = await transfer!(request);
        if (fences.push(reply) === 1) throw new Error("the reply is lost");
        return reply;
      },
    });
    expect(await host.once(key, { per: 20_000 }, () => "done")).toEqual({ ran: true, value: "done" });
    expect(fences).toEqual([fences[0], fences[0]]);
    expect(await other!.once(key, { per: 20_000 }, () => {})).toMatchObject({ ran: false });
    await host.close();
    client.close();
  });

  test("an operator frees a kept key by its fence, and the job may run again", async (context) => {
    const key = `report:${randomUUID()}`;
    const [one, two] = await hosts(name, 2, context);
    await one!.once(key, { per: 86_400_000 }, () => {});
    const { fence, remaining } = await two!.inspect(key);
    expect(remaining).toBeGreaterThan(86_000_000);
    expect(await two!.forceRelease(key, { fence })).toBe(true);
    expect(await two!.once(key, { per: 86_400_000 }, () => {})).toMatchObject({ ran: true });
  });
});

test.concurrent("node-cron, on several hosts: each fire runs on one of them", async (context) => {
  const lockers = await hosts(newest[0]!, 3, context);
  const job = `report-${randomUUID()}`;
  const runs: string[] = [];
  const skipped: string[] = [];
  const tasks = lockers.map((locker) =>
    schedule("* * * * * *", ({ dateLocalIso }) => void runs.push(dateLocalIso), {
      name: job,
      distributed: true,
      runCoordinator: {
        shouldRun: async (fire, ttl) => (await locker.tryAcquire(`cron:${fire}`, { ttl })) !== null,
      },
    }),
  );
  for (const task of tasks) task.on("execution:skipped", ({ dateLocalIso }) => void skipped.push(dateLocalIso));
  await until(async () => runs.length >= 3 && skipped.length >= 6);
  for (const task of tasks) await task.destroy();
  expect(new Set(runs).size).toBe(runs.length);
  for (const fire of skipped) expect(runs).toContain(fire);
});

test.concurrent("@nestjs/schedule, on several hosts: one of them runs the job of a period", async (context) => {
  const lockers = await hosts(newest[0]!, 2, context);
  const key = `report:${randomUUID()}`;
  const runs: OnceResult<string>[] = [];

  /** The page about `once` has this class with decorators. */
  function appOf(locker: Locker) {
    class Reports {
      async nightly() {
        runs.push(await locker.once(key, { per: 60_000 }, () => "written"));
      }
    }
    class App {}
    Cron("* * * * * *")(Reports.prototype, "nightly", Object.getOwnPropertyDescriptor(Reports.prototype, "nightly")!);
    Module({ imports: [ScheduleModule.forRoot()], providers: [Reports] })(App);
    return NestFactory.createApplicationContext(App, { logger: false });
  }

  const apps = await Promise.all(lockers.map(appOf));
  await until(async () => runs.length >= 4);
  for (const app of apps) await app.close();
  expect(ranIn(runs)).toBe(1);
});
