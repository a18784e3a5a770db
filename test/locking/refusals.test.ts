import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisDriver } from "@distlock/node-redis";
import { freePort, type RedisServer, startRedis } from "@distlock/testing";
import { Redis as Redis5 } from "ioredis-5.3";
import { Redis as Redis6 } from "ioredis-6";
import * as redis4 from "redis-4.6";
import * as redis6 from "redis-6";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { allSlots } from "../support/all-slots";
import { clients } from "../support/clients";
import { machineClock } from "../support/machine-clock";
import { oldestAndNewest } from "../support/oldest-and-newest";

const clock = machineClock();

const rejections: unknown[] = [];
process.on("unhandledRejection", (reason) => rejections.push(reason));
afterEach(() => {
  expect(rejections.splice(0)).toEqual([]);
});

interface NodeRedis extends NodeRedisClient {
  on(event: "error", listener: () => void): unknown;
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

const any = await startRedis();
const major = Number(/^redis_version:(\d+)/m.exec(String(await any.command("INFO", "server")))?.[1]);
await any.stop();

interface Trouble {
  readonly says: RegExp;
  /** The major version of Redis that first has this trouble. */
  readonly since?: number;
  readonly args?: readonly string[];
  /** Brings the server into this state, and returns the way out of it. */
  begin(admin: Redis6, server: RedisServer): Promise<() => unknown>;
}

/** Troubles that retrying can fix: they end by themselves, or an operator ends them. */
const troubles: Readonly<Record<string, Trouble>> = {
  "has no memory left": {
    says: /OOM .*: the server's memory is full: raise maxmemory/,
    async begin(admin) {
      await admin.config("SET", "maxmemory", "1");
      return () => admin.config("SET", "maxmemory", "0");
    },
  },
  "is a replica": {
    says: /READONLY .*: this server is a replica: connect to the primary/,
    async begin(admin) {
      await admin.replicaof("127.0.0.1", 1);
      return () => admin.replicaof("NO", "ONE");
    },
  },
  "has too few replicas": {
    since: 7, // before, scripts write whatever the number of replicas
    says: /NOREPLICAS .*: too few replicas are connected/,
    async begin(admin) {
      await admin.config("SET", "min-replicas-to-write", "1");
      return () => admin.config("SET", "min-replicas-to-write", "0");
    },
  },
  "is busy with a script": {
    says: /BUSY .*: a script blocks the server: see SCRIPT KILL/,
    args: ["--lua-time-limit", "10"],
    async begin(admin, { url }) {
      const other = new Redis6(url);
      const running = other.eval("while true do end", 0).catch(() => other.disconnect());
      while (!(await admin.get("x").catch((error: Error) => error.message))?.startsWith("BUSY"));
      return () => Promise.all([admin.script("KILL"), running]);
    },
  },
  "is a Cluster's node without slots": {
    says: /CLUSTERDOWN .*: no node serves this key's slot: see CLUSTER INFO/,
    args: ["--cluster-enabled", "yes"],
    async begin(admin) {
      return () => admin.cluster("ADDSLOTS", ...allSlots);
    },
  },
};

describe.each(Object.entries(troubles))("a server that %s", (_, { says, since = 0, args = [], begin }) => {
  test.skipIf(major < since).each(oldestAndNewest)(
    "is reported, and asked again until it is well (%s)",
    { concurrent: true },
    async (name) => {
      const server = await startRedis({ args });
      const admin = new Redis6(server.url);
      const client = await clients[name]!(server.url);
      const locker = createLocker(client.driver);
      const key = `trouble:${randomUUID()}`;
      const end = await begin(admin, server);
      const message = expect.stringMatching(says);
      await expect(locker.tryAcquire(key)).rejects.toMatchObject({ code: "LOCK_BACKEND", message });
      const asked = performance.now();
      await expect(locker.acquire(key, { timeout: 700 })).rejects.toMatchObject({
        code: "LOCK_BACKEND",
        message: expect.stringMatching(/^acquire failed for \d+ ms, last with: /),
        cause: expect.any(Error),
      });
      expect(performance.now() - asked, "the time until it gave up").toBeGreaterThan(690);
      const waiting = locker.acquire(key, { timeout: 20_000 });
      await end();
      const lock = await waiting;
      expect(lock.remaining()).toBeGreaterThan(0);
      await lock.release();
      await locker.close();
      client.close();
      admin.disconnect();
      await server.stop();
    },
  );
});

// Older servers can't be made to answer while they read.
test.skipIf(major < 7).each(oldestAndNewest)(
  "a server that loads its data is reported, or the client waits for it (%s)",
  { concurrent: true },
  async (name) => {
    const server = await startRedis({
      args: ["--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024", "--save", "3600 1"],
    });
    const admin = new Redis6(server.url);
    admin.on("error", () => {});
    await admin.eval("for i = 1, 1500 do redis.call('SET', 'other:' .. i, 'x') end", 0);
    await admin.save();
    await server.signal("SIGKILL");
    const up = server.restart();
    const client = await clients[name]!(server.url);
    const locker = createLocker(client.driver);
    const early = await locker.acquire("k", { timeout: 300 }).then(
      () => undefined,
      (error) => error,
    );
    expect(early).toMatchObject({
      code: "LOCK_BACKEND",
      message: expect.stringMatching(
        /LOADING .*: the server is still loading its data: try again later|no answer from Redis within \d+ ms/,
      ),
    });
    const lock = await locker.acquire("k", { timeout: 20_000 });
    await up;
    await lock.release();
    await locker.close();
    client.close();
    admin.disconnect();
    await server.stop();
  },
);

describe("a failure that retrying cannot fix is reported at once", async () => {
  const server = await startRedis();
  const admin = new Redis6(server.url);
  await admin.call("ACL", "SETUSER", "stranger", "on", ">secret", "~*", "+@connection", "+info", "+client");
  await admin.call("ACL", "SETUSER", "default", ">right");
  const at = (user: string) => server.url.replace("redis://", `redis://${user}@`);
  const closers: (() => unknown)[] = [];

  afterAll(async () => {
    for (const close of closers) await close();
    admin.disconnect();
    await server.stop();
  });

  test.each(oldestAndNewest)("a user who may not (%s)", async (name) => {
    const client = await clients[name]!(at("stranger:secret"));
    closers.push(() => client.close());
    const asked = clock();
    await expect(createLocker(client.driver).acquire("k", { timeout: 30_000 })).rejects.toMatchObject({
      code: "LOCK_BACKEND",
      message: expect.stringMatching(
        /NOPERM .*: the user needs all of ~<keys> ~\{<keys>\}~\* &distlock:\* \+eval \+evalsha /,
      ),
    });
    expect(clock() - asked).toBeLessThan(10_000);
  });

  const given = { username: "default", password: "wrong", port: server.port, retryStrategy: () => null };
  test.each([
    ["ioredis 5.3.0", () => new Redis5(given)],
    ["ioredis 6.0.0", () => new Redis6(given)],
  ])("a wrong password (%s)", async (_, connect) => {
    const client = connect();
    client.on("error", () => {});
    closers.push(() => client.disconnect());
    await expect(createLocker(ioredisDriver(client)).acquire("k", { timeout: 2_000 })).rejects.toMatchObject({
      code: "LOCK_BACKEND",
      message: expect.stringMatching(/the right username and password|Connection is closed/),
    });
  });

  const url = at("default:wrong");
  const socket = { reconnectStrategy: false as const };
  test.each([
    ["redis 4.6.0", () => redis4.createClient({ url, socket }) as unknown as NodeRedis],
    ["redis 6.3.1", () => redis6.createClient({ url, socket }) as unknown as NodeRedis],
  ])("a wrong password, where the client does not even connect (%s)", async (_, create) => {
    const client = create();
    client.on("error", () => {});
    await expect(client.connect()).rejects.toThrow("WRONGPASS");
    await expect(createLocker(nodeRedisDriver(client)).acquire("k", { timeout: 500 })).rejects.toMatchObject({
      code: "LOCK_BACKEND",
    });
  });
});

describe("the lack of any server is reported within the deadline", async () => {
  const port = await freePort();

  test.concurrent.each([
    ["ioredis 5.3.0", () => new Redis5(port)],
    ["ioredis 6.0.0", () => new Redis6(port)],
  ])("%s", async (_, connect) => {
    const client = connect();
    client.on("error", () => {});
    await expect(createLocker(ioredisDriver(client)).acquire("k", { timeout: 400 })).rejects.toMatchObject({
      code: "LOCK_BACKEND",
      message: expect.stringMatching(/within \d+ ms: check that Redis is reachable, and the client's error events/),
    });
    client.disconnect();
  });

  test.concurrent("also by a single attempt, which waits for its answer for 5 s", async () => {
    const client = new Redis6(port);
    client.on("error", () => {});
    await expect(createLocker(ioredisDriver(client)).tryAcquire("k")).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    client.disconnect();
  });

  const socket = { host: "127.0.0.1", port };
  test.concurrent.each([
    ["redis 4.6.0", () => redis4.createClient({ socket }) as unknown as NodeRedis],
    ["redis 6.3.1", () => redis6.createClient({ socket }) as unknown as NodeRedis],
  ])("%s", async (_, create) => {
    const client = create();
    client.on("error", () => {});
    const connecting = client.connect().catch(() => {});
    await expect(createLocker(nodeRedisDriver(client)).acquire("k", { timeout: 400 })).rejects.toMatchObject({
      code: "LOCK_BACKEND",
      message: expect.stringMatching(/is reachable|closed/),
    });
    await client.disconnect();
    await connecting;
  });
});
