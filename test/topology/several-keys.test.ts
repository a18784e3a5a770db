import { script } from "@distlock/core/driver";
import { ioredisConnection } from "@distlock/ioredis";
import { startCluster, startRedis } from "@distlock/testing";
import { Cluster, Redis } from "ioredis-6";
import { afterAll, expect, test } from "vitest";
import { testSeveralKeys } from "../locking/several-keys";
import { urlOf } from "../support/topology-url";
import { refuseUnhandledRejections } from "../support/unhandled";

const [server, cluster] = await Promise.all([startRedis(), startCluster()]);

refuseUnhandledRejections();
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

for (const [what, client, tagged] of [
  ["a slot of a Cluster", "ioredis 5.3.0", true],
  ["several slots of a Cluster", "ioredis 6.0.0", false],
  ["several slots of a Cluster", "redis 6.3.1", false],
] as const) {
  testSeveralKeys({ what, client, url: urlOf(cluster), tagged, nodeOf: (key) => cluster.primary(key) });
}

test("a script of keys that share no slot is refused before it is sent, in a Cluster only", async () => {
  const lua = "return #KEYS";
  const nodes = cluster.nodes.slice(0, 3).map(({ host, port }) => ({ host, port }));
  const inCluster = new Cluster(nodes, { keyPrefix: "app:" });
  const onServer = new Redis(server.url);
  const run = script(ioredisConnection(inCluster), lua);
  await expect(run(["a", "b"], [])).rejects.toThrow(/share a \{hash tag\} in a Cluster: "a" and "b" do not/);
  await expect(run(["{a}1", "{b}1"], [])).rejects.toThrow(RangeError);
  expect(await run(["{a}1", "{a}2"], [])).toBe(2);
  expect(await script(ioredisConnection(onServer), lua)(["a", "b"], [])).toBe(2);
  inCluster.disconnect();
  onServer.disconnect();
});
