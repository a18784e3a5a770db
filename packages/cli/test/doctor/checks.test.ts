import { expect, test } from "vitest";
import { clocks } from "../../src/doctor/checks/clock";
import { latency } from "../../src/doctor/checks/connection";
import { persistence } from "../../src/doctor/checks/persistence";
import { replicas } from "../../src/doctor/checks/replicas";
import { role, server } from "../../src/doctor/checks/server";
import { fieldsOf } from "../../src/doctor/facts/ask";
import type { NodeFacts } from "../../src/doctor/facts/facts";

/** A primary of which INFO says this; what servers of a test can't be. */
const node = (info: string, rest: Partial<NodeFacts> = {}): NodeFacts => ({
  address: "a:1",
  info: fieldsOf({ reply: info.replaceAll(" ", "\r\n") }),
  settings: new Map(),
  cluster: undefined,
  clock: { ahead: 0, error: 1 },
  roundTrip: 1,
  replicas: [],
  rights: undefined,
  trial: undefined,
  ...rest,
});

test.each([
  ["redis_version:4.0.14", "fail"],
  ["redis_version:5.0.0", "ok"],
  ["redis_version:8.0.6", "ok"],
  ["redis_version:7.2.4 server_name:valkey valkey_version:8.0.1", "ok"],
  ["redis_version:7.2.4 server_name:valkey valkey_version:7.2.5", "warn"],
  ["redis_version:7.4.0 dragonfly_version:df-1.25.0", "warn"],
  ["", "warn"],
])("the version %j is %s", (info, status) => {
  expect(server(node(info)).status).toBe(status);
});

test.each([
  ["redis_mode:sentinel", "fail"],
  ["role:slave master_host:a master_port:1", "fail"],
  ["role:master", "ok"],
  ["", "warn"],
])("the role %j is %s", (info, status) => {
  expect(role(node(info)).status).toBe(status);
});

test("a disk that is full is a failure with an AOF, and a warning with snapshots", () => {
  expect(persistence(node("aof_enabled:1 aof_last_write_status:err")).status).toBe("fail");
  expect(persistence(node("aof_enabled:0 rdb_last_bgsave_status:err"))).toMatchObject({
    status: "warn",
    reason: expect.stringContaining("the last snapshot failed"),
  });
});

test("before Redis 7, min-replicas-to-write does not hold for scripts", () => {
  const facts = {
    settings: new Map([["min-replicas-to-write", "1"]]),
    replicas: [{ address: "b:1", state: "online", clock: undefined }],
  };
  expect(replicas(node("redis_version:6.2.16 connected_slaves:1 min_slaves_good_slaves:1", facts))?.status).toBe(
    "warn",
  );
  expect(replicas(node("redis_version:7.0.15 connected_slaves:1 min_slaves_good_slaves:1", facts))?.status).toBe("ok");
});

test("without CONFIG, INFO says whether min-replicas-to-write is set", () => {
  const facts = { replicas: [{ address: "b:1", state: "online", clock: undefined }] };
  expect(replicas(node("redis_version:7.0.15 connected_slaves:1", facts))?.status).toBe("warn");
  expect(replicas(node("redis_version:7.0.15 connected_slaves:1 min_slaves_good_slaves:1", facts))?.status).toBe("ok");
  expect(replicas(node("redis_version:7.0.15 connected_slaves:1 min_slaves_good_slaves:0", facts))?.status).toBe(
    "fail",
  );
});

test("a replica that is not in step is a warning", () => {
  const syncing = { replicas: [{ address: "b:1", state: "wait_bgsave", clock: undefined }] };
  expect(replicas(node("redis_version:7.0.15 connected_slaves:1", syncing))?.reason).toMatch(
    /^1 replica of 1 not in step/,
  );
});

test.each([
  [0.3, "ok", "a round trip takes 0.3 ms"],
  [250.4, "warn", "a round trip takes 250 ms: each acquire and each release waits for one"],
  [
    1_200,
    "fail",
    "a round trip takes 1200 ms: waiters lose their places, and leases end before their extensions are answered",
  ],
])("a round trip of %d ms is %s", (roundTrip, status, reason) => {
  expect(latency(node("", { roundTrip }))).toMatchObject({ status, reason });
});

const at = (address: string, ahead: number, error = 1, others: readonly [string, number][] = []) =>
  node("", {
    address,
    clock: { ahead, error },
    replicas: others.map(([name, far]) => ({ address: name, state: "online", clock: { ahead: far, error: 1 } })),
  });

test.each([
  [
    "two primaries",
    [at("a:1", 0), at("b:1", 3_600_000)],
    "fail",
    "the clock of b:1 is 59m59s ahead of the clock of a:1",
  ],
  [
    "a primary and its replica",
    [at("a:1", 0, 1, [["c:1", -60_000]])],
    "fail",
    "the clock of a:1 is 59.9s ahead of the clock of c:1",
  ],
  [
    "two primaries, by 5 s",
    [at("a:1", 0), at("b:1", 5_000)],
    "warn",
    "the clock of b:1 is 4.9s ahead of the clock of a:1",
  ],
  [
    "no two servers, but ours",
    [at("a:1", 70_000), at("b:1", 70_000)],
    "fail",
    "the clock of a:1 is 1m09s ahead of the clock of this machine",
  ],
  ["none", [at("a:1", 500), at("b:1", -300)], "ok", "the clocks of 2 servers and of this machine agree"],
  [
    "none that is beyond the length of the round trip",
    [at("a:1", 1_500, 900)],
    "ok",
    "the clocks of Redis and of this machine agree",
  ],
])("clocks that differ: %s", (_, nodes, status, start) => {
  expect(clocks(nodes)).toMatchObject({ status, reason: expect.stringMatching(`^${start}`) });
});
