import { freePort, startFaultProxy, startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { until } from "../../../../test/support/until";
import { distlock } from "../support/cli";
import { checks, doctor } from "./support";

const server = await startRedis();
const stops: (() => Promise<unknown>)[] = [() => server.stop()];

afterAll(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(...args: string[]) {
  const started = await startRedis({ args });
  stops.push(() => started.stop());
  return started;
}

const set = (...settings: string[]) => server.command("CONFIG", "SET", ...settings);

test("a server alone without persistence: two warnings that say what to do, exit code 0, and no key is left", async () => {
  const { code, bad, findings, stderr } = await doctor(server.url);
  expect(bad).toEqual(["warn persistence", "warn replicas"]);
  expect(code).toBe(0);
  expect(stderr).toBe("distlock: 0 failed, 2 warned, 10 ok\n");
  for (const { status, advice, docs } of findings) {
    if (status !== "ok")
      expect([advice, docs]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/^docs\//)]);
  }
  const keys = (await server.command("KEYS", "*")) as string[];
  for (const key of keys) expect(await server.command("PTTL", key)).toBeLessThanOrEqual(10_000);
  expect(keys.filter((key) => !/^\{distlock:doctor:\w+\}~/.test(key))).toEqual([]);
});

test("people read the same: a line for each finding, and below it what to do", async () => {
  const { code, stdout } = await distlock(["doctor", "--url", server.url]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ok {4}eviction {5}noeviction: .+$/m);
  expect(stdout).toMatch(
    /^warn {2}persistence {2}no AOF and no snapshots: .+\n +→ set appendonly yes.+ \(docs\/guarantees\.md#not-promised\)$/m,
  );
});

test("nothing is wrong with a primary that writes its AOF always and has a replica that it waits for", async () => {
  const primary = await start(
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--min-replicas-to-write",
    "1",
    "--repl-diskless-sync-delay",
    "0",
  );
  const replica = await start("--replicaof", "127.0.0.1", String(primary.port));
  await until(async () => /state=online/.test(String(await primary.command("INFO", "replication"))));
  const { code, bad, of } = await doctor(primary.url);
  expect(bad).toEqual([]);
  expect(code).toBe(0);
  expect(of("clock")).toEqual(["ok: the clocks of 2 servers and of this machine agree"]);

  const readOnly = await doctor(replica.url);
  expect(readOnly.code).toBe(1);
  expect(readOnly.of("role")).toEqual([`fail: a replica of 127.0.0.1:${primary.port}: it takes no locks`]);
  expect(readOnly.of("lock")).toEqual([expect.stringContaining("READONLY")]);

  await primary.command("CONFIG", "SET", "min-replicas-to-write", "0");
  expect((await doctor(primary.url)).of("replicas")).toEqual([
    expect.stringMatching(/^warn: 1 replica, but min-replicas-to-write is 0/),
  ]);
  await primary.command("CONFIG", "SET", "min-replicas-to-write", "2");
  const tooFew = await doctor(primary.url);
  expect(tooFew.code).toBe(1);
  expect(tooFew.of("replicas")).toEqual([
    expect.stringMatching(/^fail: min-replicas-to-write is not met: 1 replica of 2/),
  ]);
  expect(tooFew.of("lock")).toEqual([expect.stringContaining("NOREPLICAS")]);
});

test("a server that evicts any key fails", async () => {
  const cache = await start("--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb");
  const { code, of, findings } = await doctor(cache.url);
  expect(of("eviction")).toEqual([
    "fail: allkeys-lru: when memory is full, Redis deletes any key, also locks that are held",
  ]);
  expect(findings.find(({ check }) => check === "eviction")?.advice).toMatch("set maxmemory-policy noeviction");
  expect(of("memory")).toEqual([expect.stringMatching(/^ok: \d % of maxmemory is used$/)]);
  expect(code).toBe(1);
});

test.each(["allkeys-random", "volatile-ttl"])(
  "the policy %s fails, even while there is no maxmemory",
  async (policy) => {
    await set("maxmemory-policy", policy);
    const { of } = await checks(server.url);
    await set("maxmemory-policy", "noeviction");
    expect(of("eviction")).toEqual([expect.stringMatching(`^fail: ${policy}: .*locks.*nothing is evicted until`)]);
  },
);

test("memory that is nearly full is a warning, and full memory a failure, which a lock shows, too", async () => {
  await server.command("SETRANGE", "much", String(20 << 20), "x");
  const used = Number(/used_memory:(\d+)/.exec(String(await server.command("INFO", "memory")))![1]);
  await set("maxmemory", String(Math.round(used * 1.05)));
  const nearly = await checks(server.url);
  await set("maxmemory", "1");
  const full = await checks(server.url);
  await set("maxmemory", "0");
  await server.command("DEL", "much");
  expect(nearly.of("memory")).toEqual([expect.stringMatching(/^warn: 9\d % of maxmemory is used/)]);
  expect(full.of("memory")).toEqual([expect.stringMatching(/^fail: /)]);
  expect(full.of("lock")).toEqual([expect.stringMatching(/^fail: .*OOM/)]);
});

test.each([
  [["appendonly", "yes", "appendfsync", "everysec"], /^ok: AOF.*last second/],
  [["appendonly", "yes", "appendfsync", "no"], /^warn: AOF, but the system decides/],
  [["appendonly", "no", "save", "3600 1"], /^warn: snapshots, but no AOF/],
  [["appendonly", "no", "save", ""], /^warn: no AOF and no snapshots/],
])("persistence %s", async (settings, expected) => {
  await set(...settings);
  expect((await checks(server.url)).of("persistence")).toEqual([expect.stringMatching(expected)]);
});

/** Options for a Node whose clock is off by an hour. */
const shifted = (ms: number) => ({
  env: { NODE_OPTIONS: `--import=data:text/javascript,const/**/now=Date.now;Date.now=()=>now()-(${ms})` },
});

test.each([
  [3_600_000, /^fail: the clock of 127\.0\.0\.1:\d+ is (1h00m|59m59s) ahead of the clock of this machine/],
  [-3_600_000, /^fail: the clock of this machine is (1h00m|59m59s) ahead of the clock of 127\.0\.0\.1:\d+/],
])("a clock that is %i ms ahead of ours fails", async (ms, expected) => {
  const { code, of, bad } = await doctor(server.url, [], shifted(ms));
  expect(of("clock")).toEqual([expect.stringMatching(expected)]);
  expect(bad).toContain("fail clock");
  expect(code).toBe(1);
});

test("a clock that is 5 s off is a warning", async () => {
  const { code, of } = await doctor(server.url, [], shifted(5_000));
  expect(of("clock")).toEqual([expect.stringMatching(/^warn: the clock of 127.* is (4\.9|5\.0)s ahead/)]);
  expect(code).toBe(0);
});

test("a server that forgot CONFIG: INFO has most, and what it has not is not known", async () => {
  const managed = await start(
    "--rename-command",
    "CONFIG",
    "",
    "--maxmemory-policy",
    "allkeys-lfu",
    "--appendonly",
    "yes",
  );
  const { code, of } = await doctor(managed.url);
  expect(of("eviction")).toEqual([expect.stringMatching(/^fail: allkeys-lfu/)]);
  expect(of("persistence")).toEqual([expect.stringMatching(/^warn: AOF, but appendfsync is not known/)]);
  expect(code).toBe(1);
});

test("a server that forgot INFO too: what it can't say is not known, and locks work", async () => {
  const managed = await start("--rename-command", "CONFIG", "", "--rename-command", "INFO", "");
  const { code, of, bad } = await doctor(managed.url);
  expect(bad.filter((each) => each.startsWith("fail"))).toEqual([]);
  expect(of("eviction")).toEqual([expect.stringMatching(/^warn: the maxmemory-policy is not known/)]);
  expect(of("lock")).toEqual([expect.stringMatching(/^ok/)]);
  expect(code).toBe(0);
});

test("a replica that nobody can reach has a clock that is not known", async () => {
  const port = await freePort();
  const primary = await start("--repl-diskless-sync-delay", "0");
  await start("--replicaof", "127.0.0.1", String(primary.port), "--replica-announce-port", String(port));
  await until(async () => /state=online/.test(String(await primary.command("INFO", "replication"))));
  const { of } = await doctor(primary.url, ["--timeout", "1s"]);
  expect(of("clock")).toEqual([
    `warn: the clocks of Redis and of this machine agree; not known is the clock of 127.0.0.1:${port}, which did not answer`,
  ]);
});

test("a slow network is a warning", async () => {
  const proxy = await startFaultProxy({ port: server.port });
  stops.unshift(() => proxy.stop());
  proxy.set("delay", { delay: [150, 150], links: "commands" });
  const { of } = await doctor(proxy.url);
  expect(of("latency")).toEqual([expect.stringMatching(/^warn: a round trip takes \d{3} ms/)]);
});

test("few free connections are a warning", async () => {
  const crowded = await start("--maxclients", "4");
  const { of } = await checks(crowded.url);
  expect(of("connections")).toEqual([expect.stringMatching(/^ok: \d of 4 connections/)]);
  await crowded.command("CONFIG", "SET", "maxclients", "1");
  const full = await checks(crowded.url);
  expect(full.of("connections")).toEqual([expect.stringMatching(/^warn: \d of 1 connections/)]);
  expect(full.of("messages")).toEqual([expect.stringMatching(/^warn: SUBSCRIBE failed: /)]);
});

test("a server that goes silent in the middle is exit code 69", async () => {
  await server.command("CLIENT", "PAUSE", "60000", "WRITE");
  const { code, stderr, findings } = await doctor(server.url, ["--timeout", "500ms"]);
  await server.command("CLIENT", "UNPAUSE");
  expect({ code, findings }).toEqual({ code: 69, findings: [] });
  expect(stderr).toMatch(/^distlock: Redis at 127\.0\.0\.1:\d+ does not answer: no answer to EVALSHA within 500 ms\n$/);
});
