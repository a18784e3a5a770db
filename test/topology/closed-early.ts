import { randomUUID } from "node:crypto";
import { createLocker, type Driver, type Locker } from "@distlock/core";
import type { RedisServer } from "@distlock/testing";
import { expect, test } from "vitest";
import type { TestClient } from "../support/client";
import { until } from "../support/until";

/** How many times a locker is closed, each time a little later. */
const ROUNDS = 6;

/** The same driver, which says when it begins to open a connection of its own. */
const noting = (driver: Driver, begun: () => void): Driver => ({
  ...driver,
  queue: {
    ...driver.queue!,
    listen(...listening) {
      begun();
      return driver.queue!.listen(...listening);
    },
  },
  replicas() {
    const replicator = driver.replicas!();
    return {
      replicate(request) {
        begun();
        return replicator.replicate(request);
      },
      close: () => replicator.close(),
    };
  },
});

/** What has a locker open one. */
const calls: Readonly<Record<string, (locker: Locker, driver: Driver) => Promise<unknown>>> = {
  async "for messages"(locker, driver) {
    const key = `early:${randomUUID()}`;
    await driver.acquire({ keys: [key], token: "holder", ttl: 60_000 }, { abandoned: false });
    return locker.acquire(key);
  },
  "for replicas": (locker) => locker.acquire(`early:${randomUUID()}`, { waitReplicas: 9 }), // more than there are
};

async function closeInTime(driver: Driver, call: (typeof calls)[string], turns: number): Promise<void> {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const locker = createLocker(noting(driver, begin), { timeout: 25_000 });
  const outcome = call(locker, driver);
  outcome.catch(() => {});
  await begun;
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
  await locker.close();
  await expect(outcome).rejects.toMatchObject({ code: "LOCKER_CLOSED" });
}

/** A client may connect although it was ended while it did so. */
export function testClosedEarly(node: () => Promise<RedisServer>, clients: () => readonly TestClient[]): void {
  const connections = async () => String(await (await node()).command("CLIENT", "LIST")).match(/^id=/gm)!.length;

  test.each(Object.entries(calls))(
    "a connection %s does not stay if its locker is closed while it is opened",
    async (_, call) => {
      const before = await connections();
      const warnings: Error[] = [];
      const noted = (warning: Error) => void (warning.name === "DistlockWarning" && warnings.push(warning));
      process.on("warning", noted);
      await Promise.all(
        clients().map(async ({ driver }) => {
          for (let round = 0; round < ROUNDS; round++) await closeInTime(driver, call, round);
        }),
      );
      await until(async () => (await connections()) <= before);
      process.off("warning", noted);
      expect(warnings).toEqual([]);
    },
  );
}
