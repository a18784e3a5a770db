import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { type RedisServer, startRedis } from "@distlock/testing";
import { describe, expect, test } from "vitest";
import { clients } from "../support/clients";
import { machineClock } from "../support/machine-clock";
import { refuseUnhandledRejections } from "../support/unhandled";
import { untilWaiting } from "../support/until";
import { startWorker } from "../support/worker";

/** Connections and timers of a listener once kept a process for 10 s. */
const SOON = 5_000;
const clock = machineClock();

refuseUnhandledRejections();

const outages: Readonly<Record<string, (server: RedisServer) => unknown>> = {
  "is well": () => {},
  "was killed": (server) => server.signal("SIGKILL"),
  "is frozen": (server) => server.signal("SIGSTOP"),
};

describe.concurrent.each(Object.keys(clients))("%s", (name) => {
  test.each(Object.entries(outages))(
    "an application that closed its client and waits for nothing ends, even while the server %s",
    async (_, begin) => {
      const server = await startRedis();
      const worker = startWorker("end", name, server.url);
      expect(await worker.next()).toBe("waits for nothing");
      await begin(server);
      await new Promise((resolve) => setTimeout(resolve, 300)); // it tries to come back, if it does
      const told = clock();
      worker.process.send("end");
      expect(await worker.ended).toBe(0);
      expect(clock() - told).toBeLessThan(SOON);
      await server.stop();
    },
  );

  test("a wait without end, of a client that is closed for good, ends with an error", async () => {
    const server = await startRedis();
    const [client, other] = [await clients[name]!(server.url), await clients[name]!(server.url)];
    const [locker, holder] = [createLocker(client.driver), createLocker(other.driver)];
    const key = `closed:${randomUUID()}`;
    const lock = await holder.acquire(key, { ttl: 60_000 });
    const waiting = locker.acquire(key, { timeout: Number.POSITIVE_INFINITY });
    waiting.catch(() => {});
    await untilWaiting(holder, key, 1);
    client.close();
    await expect(waiting).rejects.toMatchObject({
      code: "LOCK_BACKEND",
      message: expect.stringContaining("the client is closed"),
    });
    await lock.release();
    other.close();
    await server.stop();
  });
});
