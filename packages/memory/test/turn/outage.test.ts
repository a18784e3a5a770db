import { randomUUID } from "node:crypto";
import { createLocker, type Locker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { afterAll, expect, test, vi } from "vitest";
import { LockedMemory, lockMethods } from "../../src/index";
import { ioredis, nodeRedis } from "../support/clients";
import { FencedMemory } from "../support/fenced-memory";

const stops: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(stops.map((stop) => stop())));

type Connect = (port: number) => Promise<Locker>;

async function open(connect: Connect) {
  const server = await startRedis();
  stops.push(() => server.stop());
  const locker = await connect(server.port);
  const key = `memory:{${randomUUID()}}`;
  const memory = new LockedMemory(new FencedMemory(), locker, { key });
  await memory.withTurn(() => {});
  return { server, locker, key, memory, isWaited: async () => (await locker.inspect(key)).waiting === 1 };
}

const viaIoredis: Connect = async (port) => createLocker(ioredisDriver(ioredis(port)));
const clients: Record<string, Connect> = {
  ioredis: viaIoredis,
  "ioredis that retries indefinitely": async (port) =>
    createLocker(ioredisDriver(ioredis(port, { maxRetriesPerRequest: null }))),
  "node-redis": async (port) => createLocker(nodeRedisDriver(await nodeRedis(port))),
};

// All are started before the first is killed: otherwise another one could get its port.
const restarted = await open(viaIoredis);
const [refusing, crowded] = [await open(viaIoredis), await open(viaIoredis)];
const servers = await Promise.all(
  Object.entries(clients).map(async ([name, connect]) => {
    return { name, live: await open(connect), silent: await open(connect), dead: await open(connect) };
  }),
);

const patient = { timeout: Number.POSITIVE_INFINITY };
const down = { code: "LOCK_BACKEND", message: expect.stringContaining("Redis did not answer") };

test.concurrent.each(servers)(
  "a turn of any timeout rejects when Redis can't be reached, and others wait on, by $name",
  async ({ live, dead }) => {
    const busy = await live.locker.acquire(live.key, { autoExtend: true });
    const waiting = live.memory.withTurn(patient, ({ fence }) => fence);
    await dead.server.signal("SIGKILL");
    await expect(dead.memory.withTurn(patient, () => {})).rejects.toMatchObject({ ...down, key: dead.key });
    await busy.release();
    expect(await waiting).toBeGreaterThan(busy.fence);
  },
);

test.concurrent.each(servers)(
  "so is one that waits for another turn when Redis goes silent, by $name",
  async ({ silent: { server, locker, memory, key, isWaited } }) => {
    await locker.acquire(key);
    const told = expect(memory.beginTurn(patient)).rejects.toMatchObject({ ...down, key });
    await vi.waitUntil(isWaited);
    await server.signal("SIGSTOP");
    await told;
    await server.signal("SIGCONT");
  },
);

test.concurrent("a turn waits on through a restart of Redis", async () => {
  const { server, locker, memory, key, isWaited } = restarted;
  const busy = await locker.acquire(key);
  const waiting = memory.withTurn(patient, ({ fence }) => fence);
  await vi.waitUntil(isWaited);
  await server.signal("SIGKILL");
  await server.restart();
  await busy.release().catch(() => {});
  expect(await waiting).toBeGreaterThan(0);
});

test.concurrent("a server that refuses to be looked at does answer, and the turn waits on", async () => {
  const { server, key, locker } = refusing;
  const admin = ioredis(server.port);
  await admin.call("ACL", "SETUSER", "few", "on", ">few", "~*", "&*", "+@all", "-zcount");
  const few = createLocker(ioredisDriver(ioredis(server.port, { username: "few", password: "few" })));
  const looks = vi.spyOn(few, "inspect");
  const busy = await locker.acquire(key, { autoExtend: true });
  const waiting = new LockedMemory(new FencedMemory(), few, { key }).withTurn(patient, ({ fence }) => fence);
  await vi.waitUntil(() => looks.mock.results.length > 15, { timeout: 25_000 });
  for (const { value } of looks.mock.results.slice(0, 15)) await expect(value).rejects.toThrow(/can.t run|permissions/);
  await busy.release();
  expect(await waiting).toBeGreaterThan(busy.fence);
});

test.concurrent("locked calls reject, too; and however many wait, they share the checks", async () => {
  const { server, locker } = crowded;
  const looks = vi.spyOn(locker, "inspect");
  const locked = lockMethods({ run: async (_name: string) => {} }, locker, {
    write: ["run"],
    key: (_method, [name]) => name,
    ...patient,
  });
  const names = Array.from({ length: 50 }, (_, i) => `many:${i}`);
  await Promise.all(names.map((name) => locker.acquire(name, { autoExtend: true })));
  const told = Promise.all(names.map((name) => expect(locked.run(name)).rejects.toMatchObject(down)));
  await vi.waitUntil(() => looks.mock.calls.length > 3, { timeout: 25_000 });
  expect(looks.mock.calls.length).toBeLessThan(names.length);
  await server.signal("SIGKILL");
  await told;
});
