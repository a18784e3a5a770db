import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createLocker } from "@distlock/core";
import { redisDriver } from "@distlock/core/driver";
import { startRedis } from "@distlock/testing";
import * as redis6 from "redis-6";
import * as redis60 from "redis-6.0";
import { afterAll, expect, test } from "vitest";
import { ofNodeRedis, type TestClient } from "../support/client";
import { clients } from "../support/clients";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until, untilWaiting } from "../support/until";
import { byMessageOnly, withQueue } from "../support/with-queue";

/** As on Redis 5, and behind some proxies. */
const server = await startRedis({ args: ["--rename-command", "HELLO", ""] });
const { url } = server;

refuseUnhandledRejections();
afterAll(() => server.stop());

const RESP = 2 as const;
const speaking2 = {
  "redis 6.0.0": async () => ofNodeRedis(redis60.createClient({ url, RESP })),
  "redis 6.3.1": async () => ofNodeRedis(redis6.createClient({ url, RESP })),
  "a pool of redis 6.3.1": async () => ofNodeRedis(redis6.createClientPool({ url, RESP })),
};
const asTheyCome = ["ioredis 5.3.0", "ioredis 6.0.0", "iovalkey 0.4.0", "redis 4.6.0", "redis 5.0.0", "redis 5.12.1"];

const given: [string, () => Promise<TestClient>][] = [
  ...asTheyCome.map((name): [string, () => Promise<TestClient>] => [name, () => clients[name]!(url)]),
  ...Object.entries(speaking2),
];

test.each(given)("%s locks, waits and asks replicas, on connections of its own as well", async (_, connect) => {
  const { connection, close } = await connect();
  const driver = redisDriver(connection);
  let listens = false;
  const deaf = createLocker(
    withQueue(byMessageOnly(driver), {
      async listen(...listening) {
        const close = await driver.queue!.listen(...listening);
        listens = true;
        return close;
      },
    }),
  );
  const holder = createLocker(driver);
  const key = `hello:${randomUUID()}`;
  const lock = await holder.acquire(key);
  const waiting = deaf.acquire(key);
  waiting.catch(() => {});
  await untilWaiting(holder, key, 1);
  await until(async () => listens);
  await lock.release();
  await (await waiting).release();
  await expect(holder.acquire(key, { waitReplicas: 1, timeout: 500 })).rejects.toThrow(/replicas/);
  await Promise.all([deaf.close(), holder.close()]);
  await close();
});

test.each([
  ["6.0.0", () => redis60.createClient({ url })],
  ["6.3.1", () => redis6.createClient({ url })],
])("redis %s without RESP: 2 says so in its error events", async (_, create) => {
  const client = create();
  const connecting = client.connect().catch(() => {});
  const [error] = await once(client, "error");
  expect(error.message).toMatch(/^ERR unknown command .HELLO/);
  client.on("error", () => {});
  client.destroy();
  await connecting;
});
