import { startCluster, startSentinel } from "@distlock/testing";
import { expect, test } from "vitest";
import { distlock } from "./support/cli";
import { killAfterEach, launch } from "./support/programs";

killAfterEach();

test("a Cluster that is named by one node: keys of different slots are one lock, and others wait for it", async () => {
  const cluster = await startCluster();
  const env = { DISTLOCK_URL: cluster.nodes[0]!.url };
  const holder = launch(["run", "a,b", "--", "sh", "-c", "env; echo on; read line; exit 3"], env);
  await holder.prints("stdout", /^on$/m);
  expect(holder.printed.stdout).toMatch(/^DISTLOCK_FENCES=\{"[ab]":\d+,"[ab]":\d+\}$/m);
  expect(await distlock(["run", "b", "-n", "--", "echo", "ran"], { env })).toMatchObject({ code: 75, stdout: "" });
  holder.child.stdin.end("\n");
  expect(await holder.ended).toMatchObject({ code: 3, stderr: "" });
  expect(await distlock(["run", "b", "-n", "--", "echo", "ran"], { env })).toMatchObject({ code: 0, stdout: "ran\n" });
  await cluster.stop();
});

test("a Sentinel: a fail-over within the lease does no harm, and the exit code comes through", async () => {
  const sentinel = await startSentinel();
  const hosts = sentinel.sentinels.map(({ host, port }) => `${host}:${port}`).join();
  const env = { DISTLOCK_URL: `redis-sentinel://${hosts}/${sentinel.name}` };
  const holder = launch(["run", "key", "--wait-replicas", "1", "--", "sh", "-c", "echo on; read line; exit 3"], env);
  await holder.prints("stdout", /^on$/m);
  await sentinel.failover();
  expect(await distlock(["run", "key", "-n", "--", "echo", "ran"], { env })).toMatchObject({ code: 75, stdout: "" });
  holder.child.stdin.end("\n");
  expect(await holder.ended).toMatchObject({ code: 3 });
  await sentinel.stop();
});
