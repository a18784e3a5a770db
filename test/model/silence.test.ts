import { vi } from "vitest";
import { granted, isWaiting, type Stage, scenarios } from "./scenario";
import type { Attempt } from "./world";

// Nothing here is to be found by a heartbeat.
vi.mock("../../packages/core/src/driver/times", async (original) => ({
  ...(await original<object>()),
  HEARTBEAT: 60_000,
  WINDOW: 180_000,
  CLAIM: 60_000,
}));

const FOR_EVER = { ttl: 400, timeout: Number.POSITIVE_INFINITY };

async function oneWaits(stage: Stage, ttl: number): Promise<Attempt> {
  await granted(stage.attempt(stage.a, stage.key, { ttl }));
  const waiter = stage.attempt(stage.b, stage.key, FOR_EVER);
  await isWaiting(stage, 1);
  return waiter;
}

scenarios({
  "the release notifies the first waiter": async (stage) => {
    const waiter = await oneWaits(stage, 10_000);
    await stage.release(stage.held()[0]!);
    await granted(waiter);
  },

  "the first waiter looks when the lease of a crashed holder ends": async (stage) => {
    const waiter = await oneWaits(stage, 400);
    await stage.a.crash();
    await granted(waiter);
  },

  "a connection that comes back finds what it missed": async (stage) => {
    const waiter = await oneWaits(stage, 10_000);
    stage.b.faults.nextPush(() => {});
    await stage.release(stage.held()[0]!);
    await stage.b.cut();
    await granted(waiter);
  },
});
