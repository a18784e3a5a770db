import { startCluster, startSentinel } from "@distlock/testing";
import { expect, onTestFinished, test } from "vitest";
import { distlock } from "../support/cli";
import { doctor } from "./support";

test("Sentinel: the master is checked, and the clocks of its replicas", async () => {
  const sentinel = await startSentinel();
  onTestFinished(() => sentinel.stop());
  const hosts = sentinel.sentinels.map(({ host, port }) => `${host}:${port}`).join(",");
  const url = `redis-sentinel://${hosts}/${sentinel.name}`;
  const { code, bad, of } = await doctor(url);
  expect(bad).toEqual(["warn persistence", "warn replicas"]);
  expect(of("replicas")).toEqual([expect.stringMatching(/^warn: 2 replicas, but min-replicas-to-write is 0/)]);
  expect(of("clock")).toEqual(["ok: the clocks of 3 servers and of this machine agree"]);
  expect(code).toBe(0);

  const direct = await doctor(sentinel.sentinels[0]!.url);
  expect(direct.code).toBe(1);
  expect(direct.of("role")).toEqual(["fail: this is a Sentinel: it holds no locks"]);
});

test("Cluster: each primary is checked, and a slot that nobody serves fails", async () => {
  const cluster = await startCluster();
  onTestFinished(() => cluster.stop());
  const [first, second] = cluster.nodes;
  const fine = await doctor(first!.url);
  expect(fine.bad).toEqual([...Array(3).fill("warn persistence"), ...Array(3).fill("warn replicas")]);
  expect(fine.of("cluster")).toEqual(Array(3).fill("ok: all 16384 slots are served"));
  expect(fine.of("lock")).toEqual(Array(3).fill("ok: a lock was taken, handed over, extended and released"));
  expect(fine.of("clock")).toEqual(["ok: the clocks of 6 servers and of this machine agree"]);
  expect(fine.code).toBe(0);

  await second!.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
  const uneven = await doctor(first!.url);
  expect(uneven.code).toBe(1);
  expect(uneven.findings.filter(({ status }) => status === "fail")).toMatchObject([
    { check: "eviction", node: `127.0.0.1:${second!.port}` },
  ]);
  const { stdout } = await distlock(["doctor", "--url", first!.url]);
  expect(stdout.match(/^\w+ +eviction .*$/gm)).toEqual([
    expect.stringMatching(/^ok .* 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+: noeviction/),
    expect.stringMatching(`^fail .* 127\\.0\\.0\\.1:${second!.port}: allkeys-lru`),
  ]);
  expect(stdout.match(/^\w+ +persistence /gm)).toHaveLength(1);

  await second!.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
  for (const node of cluster.nodes) await node.command("CLUSTER", "DELSLOTS", "0");
  const { code, of } = await doctor(first!.url);
  expect(of("cluster")).toEqual(Array(3).fill(expect.stringMatching(/^fail: nobody serves 1 of 16384 slots/)));
  expect(of("rights")).toEqual(Array(3).fill(expect.stringMatching(/^warn: not known: CLUSTERDOWN/)));
  expect(of("lock")).toContainEqual(expect.stringMatching(/^fail: .*CLUSTERDOWN/));
  expect(code).toBe(1);
});
