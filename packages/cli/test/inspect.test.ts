import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { distlock } from "./support/cli";

const server = await startRedis();
const client = new Redis(server.port);
const locker = createLocker(ioredisDriver(client), { label: "api-7:41" });
const env = { DISTLOCK_URL: server.url };

afterAll(async () => {
  await locker.close();
  client.disconnect();
  await server.stop();
});

test("a held lock is one line of JSON and exit code 0, a free one is exit code 1", async () => {
  const lock = await locker.acquire("cron:nightly");
  const held = await distlock(["inspect", "cron:nightly", "--json"], { env });
  expect(held).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(held.stdout)).toMatchObject({
    key: "cron:nightly",
    held: true,
    fence: lock.fence,
    holder: { label: "api-7:41" },
  });
  await lock.release();
  expect(await distlock(["inspect", "cron:nightly", "--quiet"], { env })).toEqual({
    code: 1,
    signal: null,
    stdout: "",
    stderr: "",
  });
});

test("a server that is not there is one sentence and exit code 69", async () => {
  const ended = await distlock(["inspect", "key", "--url", "redis://:secret@127.0.0.1:1", "--timeout", "300ms"]);
  expect(ended).toMatchObject({ code: 69, stdout: "" });
  expect(ended.stderr).toMatch(/^distlock: Redis at redis:\/\/:\*\*\*@127\.0\.0\.1:1 does not answer: .+\n$/);
});
