import { createLocker, inProcessDriver, type Locker } from "@distlock/core";
import { instrument, maskedKey } from "@distlock/otel";
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { afterEach, expect, test } from "vitest";
import { createRecorder } from "./recorder";

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

let instrumented: Disposable | undefined;
afterEach(() => instrumented?.[Symbol.dispose]());

/** Metrics as Prometheus scrapes them: each series and its value. */
function metrics(options: Parameters<typeof instrument>[0] = {}) {
  const reader = new Reader();
  const meterProvider = new MeterProvider({ readers: [reader] });
  instrumented = instrument({ ...options, meterProvider });
  return async (): Promise<Record<string, number>> => {
    const { resourceMetrics, errors } = await reader.collect();
    expect(errors).toEqual([]);
    const text = new PrometheusSerializer(undefined, undefined, undefined, true).serialize(resourceMetrics);
    const lines = text.split("\n").filter((line) => line.startsWith("distlock_") && !line.includes("_bucket"));
    return Object.fromEntries(
      lines.map((line) => {
        const [, series, value] = /^(.*) (\S+)$/.exec(line.replace(/,?otel_scope_\w+="[^"]*"/g, "").replace("{}", ""))!;
        return [series!.replace("{,", "{"), Number(value)];
      }),
    );
  };
}

const untilFree = async (locker: Locker, key: string) => {
  while ((await locker.inspect(key)).held) await new Promise(setImmediate);
};

test("a scripted load is counted to the last call, and nothing is left held or waiting", async () => {
  const scrape = metrics();
  const driver = inProcessDriver();
  const [one, other] = [createLocker(driver), createLocker(driver)];

  for (let i = 0; i < 5; i++) await one.withLock("k", () => {}); // 5 granted
  const holder = await one.acquire("k"); // 1 granted
  for (let i = 0; i < 3; i++) await other.tryAcquire("k"); // 3 busy
  for (let i = 0; i < 2; i++) await other.acquire("k", { timeout: 5 }).catch(() => {}); // 2 timeouts
  await other.acquire("k", { signal: AbortSignal.timeout(5) }).catch(() => {}); // 1 aborted
  const waits = [1, 2, 3, 4].map(() => other.withLock("k", () => {})); // 4 granted, handed over
  while ((await one.inspect("k")).waiting < 4) await new Promise(setImmediate);
  const during = await scrape();
  expect(during.distlock_lock_held).toBe(1);
  expect(during.distlock_waiter_count).toBe(4);
  await holder.release();
  await Promise.all(waits);

  await one.acquire("lost", { ttl: 20 }); // 1 granted, lost: expired
  await untilFree(one, "lost");
  const taken = await one.acquire("taken"); // 1 granted, lost: taken
  await one.forceRelease("taken");
  await taken.release().catch(() => {});
  const closing = other.acquire("never"); // granted
  await (await closing).release();
  const last = await one.acquire("k");
  const stranded = other.acquire("k").catch(() => {}); // closed
  while ((await one.inspect("k")).waiting < 1) await new Promise(setImmediate);
  await other.close();
  await stranded;
  await last.release();
  await one.close();
  while ((await scrape()).distlock_lock_held !== 0) await new Promise(setImmediate);

  const counts = await scrape();
  const acquired = (labels: string) => counts[`distlock_acquire_duration_count{${labels}}`];
  expect(acquired('distlock_outcome="granted",distlock_wait_mode="queue"')).toBe(5 + 1 + 1 + 1 + 1 + 1);
  expect(acquired('distlock_outcome="granted",distlock_wait_mode="queue",distlock_handed_over="true"')).toBe(4);
  expect(acquired('distlock_outcome="busy",distlock_wait_mode="once"')).toBe(3);
  expect(acquired('distlock_outcome="timeout",distlock_wait_mode="queue",error_type="LOCK_NOT_ACQUIRED"')).toBe(2);
  expect(acquired('distlock_outcome="aborted",distlock_wait_mode="queue"')).toBe(1);
  expect(acquired('distlock_outcome="closed",distlock_wait_mode="queue",error_type="LOCKER_CLOSED"')).toBe(1);
  expect(counts['distlock_lock_lost_total{distlock_lost_reason="expired"}']).toBe(1);
  expect(counts['distlock_lock_lost_total{distlock_lost_reason="taken"}']).toBe(1);
  expect(counts['distlock_hold_duration_count{distlock_end="released"}']).toBe(5 + 1 + 4 + 1 + 1);
  expect(counts['distlock_hold_duration_count{distlock_end="expired"}']).toBe(1);
  expect(counts['distlock_hold_duration_count{distlock_end="lost"}']).toBe(1);
  expect(counts.distlock_wait_ahead_count).toBe(2 + 1 + 4 + 1);
  expect(counts.distlock_wait_ahead_sum).toBe(0 + 1 + 2 + 3);
  expect(counts.distlock_lock_held).toBe(0);
  expect(counts.distlock_waiter_count).toBe(0);
});

test("the margin of a lease is what was left when the locker's own extension was answered", async () => {
  const scrape = metrics();
  const locker = createLocker(inProcessDriver());
  const lock = await locker.acquire("k");
  await lock.extend(60_000);
  await lock.release();
  expect((await scrape()).distlock_lease_margin_count).toBeUndefined();
  const kept = await locker.acquire("k", { ttl: 300, autoExtend: true });
  while (!(await scrape()).distlock_lease_margin_count) await new Promise(setImmediate);
  await kept.release();
  const counts = await scrape();
  const mean = counts.distlock_lease_margin_sum! / counts.distlock_lease_margin_count!;
  expect(mean).toBeGreaterThan(0);
  expect(mean).toBeLessThan(0.7);
  expect(counts['distlock_extend_duration_count{distlock_outcome="held"}']).toBeGreaterThanOrEqual(2);
});

test("no metric has anything of a key, a label, a fence or a token", async () => {
  const scrape = metrics();
  const recorder = createRecorder();
  const locker = createLocker(recorder.instrumented(), { label: "a-label" });
  const lock = await locker.acquire("secret-key");
  await locker.acquire("secret-key", { timeout: 5 }).catch(() => {});
  await lock.release();
  const text = JSON.stringify(await scrape());
  for (const each of ["secret-key", "a-label", String(lock.fence), lock.token]) expect(text).not.toContain(each);
});

test("a template names the keys, on both sides of a counter", async () => {
  const scrape = metrics({ keyTemplate: maskedKey });
  const locker = createLocker(inProcessDriver());
  await locker.withLock("order:4711", () => {});
  const counts = await scrape();
  expect(counts['distlock_lock_held{distlock_lock_key_template="order:*"}']).toBe(0);
  expect(
    counts[
      'distlock_acquire_duration_count{distlock_outcome="granted",distlock_wait_mode="queue",distlock_lock_key_template="order:*"}'
    ],
  ).toBe(1);
});
