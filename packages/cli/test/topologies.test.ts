import { createInterface } from "node:readline";
import { createLocker, type Lock, type Locker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisDriver } from "@distlock/node-redis";
import { type RedisServer, startCluster, startSentinel } from "@distlock/testing";
import { Cluster, Redis } from "ioredis";
import { createCluster, createSentinel } from "redis";
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { until, untilWaiting } from "../../../test/support/until";
import { distlock, start } from "./support/cli";
import { parsed } from "./support/scene";
import { openWindow, widest } from "./support/window";

const [sentinel, cluster] = await Promise.all([startSentinel(), startCluster()]);

afterAll(async () => {
  await sentinel.stop();
  await cluster.stop();
});

const addresses = (servers: readonly RedisServer[]) => servers.map(({ host, port }) => ({ host, port }));
const list = (servers: readonly RedisServer[]) =>
  addresses(servers)
    .map(({ host, port }) => `${host}:${port}`)
    .join();
const options = (label: string) => ({ label, ttl: 60_000, timeout: Number.POSITIVE_INFINITY });

/** A locker on each client library, with the name of the library as its label. */
async function openSentinel() {
  const { name } = sentinel;
  const io = new Redis({ name, sentinels: addresses(sentinel.sentinels) });
  const node = createSentinel({ name, sentinelRootNodes: addresses(sentinel.sentinels) });
  return opened(
    io,
    node.on("error", () => {}),
  );
}
async function openCluster() {
  const io = new Cluster(addresses(cluster.nodes.slice(0, 3)));
  const node = createCluster({ rootNodes: addresses(cluster.nodes.slice(0, 3)).map((socket) => ({ socket })) });
  return opened(
    io,
    node.on("error", () => {}),
  );
}
async function opened(
  io: Redis | Cluster,
  node: NodeRedisClient & { connect(): Promise<unknown>; destroy(): unknown },
): Promise<{ io: Locker; node: Locker; close(): Promise<void> }> {
  io.on("error", () => {});
  await node.connect();
  const lockers = {
    io: createLocker(ioredisDriver(io), options("ioredis")),
    node: createLocker(nodeRedisDriver(node), options("node-redis")),
  };
  return {
    ...lockers,
    async close() {
      await Promise.all([lockers.io.close(), lockers.node.close()]);
      io.disconnect();
      node.destroy();
    },
  };
}

const topologies = [
  {
    kind: "Sentinel",
    url: `redis-sentinel://${list(sentinel.sentinels)}/${sentinel.name}`,
    open: openSentinel,
    failover: () => sentinel.failover(),
    stable: sentinel.stable,
  },
  {
    kind: "Cluster",
    // Any node will do, even a replica.
    url: cluster.nodes[5]!.url,
    open: openCluster,
    failover: () => cluster.failover("job:0"),
    stable: cluster.stable,
  },
] as const;

/** Keys in many slots, on each primary, and in one slot. */
const keys = [...Array.from({ length: 12 }, (_, i) => `job:${i}`), "{tag}a", "{tag}b"];

describe.each(topologies)("$kind", ({ url, open, failover, stable }) => {
  let lockers: Awaited<ReturnType<typeof open>>;
  let locks: Map<string, Lock>;
  let waits: Promise<unknown>[];
  let ending: AbortController;
  const other = (i: number) => (i % 2 === 0 ? lockers.node : lockers.io);

  beforeEach(async () => {
    lockers = await open();
    locks = new Map();
    waits = [];
    ending = new AbortController();
    for (const [i, key] of keys.entries()) {
      locks.set(key, await (i % 2 === 0 ? lockers.io : lockers.node).acquire(key));
      if (i % 3 !== 0) continue;
      waits.push(
        other(i)
          .acquire(key, { signal: ending.signal })
          .then((lock) => void locks.set(`next of ${key}`, lock))
          .catch(() => {}),
      );
      await untilWaiting(lockers.io, key, 1);
    }
  });
  afterEach(async () => {
    ending.abort();
    await Promise.all(waits);
    for (const lock of locks.values()) await lock.release().catch(() => {});
    await lockers.close();
  });

  const run = (...args: string[]) => distlock([...args, "--url", url]);
  const json = async (...args: string[]) => parsed((await run(...args, "--json")).stdout);

  test("ls finds the locks of both clients on every primary, with their waiters", async () => {
    const found = await json("ls");
    expect(found.map(({ key }) => key).sort()).toEqual([...keys].sort());
    for (const [i, key] of keys.entries()) {
      const [holder, waiter] = i % 2 === 0 ? ["ioredis", "node-redis"] : ["node-redis", "ioredis"];
      const seen = found.find((each) => each.key === key);
      expect(seen).toMatchObject({ held: true, fence: locks.get(key)!.fence, holder: { label: holder } });
      expect(seen).toMatchObject({ waiters: i % 3 === 0 ? [{ label: waiter }] : [] });
      // Its times are by the clock of its server.
      const age = Number(seen!.now) - (seen!.holder as { since: number }).since;
      expect(age).toBeGreaterThanOrEqual(0);
      expect(age).toBeLessThan(60_000);
    }
  });

  test("inspect and release find the primary of a key, and the lock goes to the waiter of the other client", async () => {
    for (const [i, key] of ["job:0", "job:3"].entries()) {
      expect((await run("inspect", key)).stdout).toContain(`\nfence     ${locks.get(key)!.fence}\nwaiting   1`);
      const label = i % 2 === 0 ? "ioredis" : "node-redis";
      const wrong = await run("release", key, "--force", "--yes", "--if-label", "somebody");
      expect(wrong.code).toBe(1);
      expect(await run("release", key, "--force", "--yes", "--if-label", label)).toMatchObject({ code: 0 });
    }
    await Promise.all([waits[0], waits[1]]);
    expect((await lockers.io.inspect("job:0")).fence).toBeGreaterThan(locks.get("job:0")!.fence);
  });

  test.each([80, 200])("ls and watch in a terminal of %i columns", async (columns) => {
    const window = await openWindow({ columns, rows: 30, env: { DISTLOCK_URL: url } });
    onTestFinished(window.close);
    const rows = (lines: readonly string[]) => lines.filter((line) => /^(job:\d+|\{tag\}.) /.test(line));
    await window.enter("distlock ls");
    const listed = await window.until((lines) => rows(lines).length === keys.length && lines.includes("$"));
    expect(widest(listed)).toBeLessThanOrEqual(columns);
    await window.enter("distlock watch --interval 100ms");
    const shown = await window.until((lines) => lines[0]!.includes("14 held, 5 waited for") && rows(lines).length > 10);
    expect(widest(shown)).toBeLessThanOrEqual(columns);
    await locks.get("job:1")!.release();
    await window.until((lines) => lines.some((line) => /released +job:1 +node-redis +\d{16}$/.test(line)));
    await locks.get("job:0")!.release();
    await window.until((lines) => lines.some((line) => /handed-over +job:0 +node-redis +\d{16}$/.test(line)));
    await window.press("q");
    await window.until((lines) => lines.filter((line) => line !== "").at(-1) === "$");
  });

  test.each([80, 200])("inspect and release in a terminal of %i columns", async (columns) => {
    const window = await openWindow({ columns, rows: 30, env: { DISTLOCK_URL: url } });
    onTestFinished(window.close);
    const shows = (...texts: readonly string[]) =>
      window.until((lines) => texts.every((text) => lines.some((line) => line.includes(text))));
    await window.enter("clear; distlock inspect job:3; echo code $?");
    const { fence } = locks.get("job:3")!;
    const lines = await shows(`fence     ${fence}`, "node-redis", "ioredis", "code 0");
    expect(widest(lines)).toBeLessThanOrEqual(columns);
    await window.enter("clear; distlock release job:3 --force --reason deploy; echo code $?");
    await shows("about to free job:3: held by node-redis", "Free it? [y/N]");
    await window.enter("y");
    await shows("code 0");
    expect(
      locks.get("job:3")!.signal.reason ??
        (await locks
          .get("job:3")!
          .release()
          .catch((error) => error)),
    ).toMatchObject({ code: "LOCK_LOST", reason: "deploy" });
    await until(async () => locks.has("next of job:3"));
  });

  test("watch goes on after a failover, with the server that took over", async () => {
    const child = start(["watch", "--json", "--interval", "100ms", "--timeout", "1s", "--url", url]);
    const lines = createInterface({ input: child.stdout });
    const events: string[] = [];
    lines.on("line", (line) => {
      const { event, key, holder } = JSON.parse(line);
      events.push(`${event} ${key} ${holder?.label}`);
    });
    await until(async () => events.filter((event) => event.startsWith("held ")).length === keys.length);
    await failover();
    await stable();
    const lock = await lockers.io.acquire("after");
    await until(async () => events.includes("granted after ioredis"));
    await lock.release();
    await until(async () => events.includes("released after ioredis"));
    child.kill();
  });
});

test("watch finds a Cluster whose node in the URL has died", async () => {
  const lockers = await openCluster();
  const [first] = cluster.nodes;
  const child = start(["watch", "--json", "--interval", "100ms", "--timeout", "2s", "--url", first!.url]);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const before = await lockers.io.acquire("before");
  await until(async () => output.includes('"before"'));
  await before.release();
  await first!.signal("SIGKILL");
  await cluster.stable();
  const lock = await lockers.io.acquire("job:0");
  await until(async () => /"granted","key":"job:0"/.test(output));
  await lock.release();
  child.kill();
  await lockers.close();
});
