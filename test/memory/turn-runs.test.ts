import { ioredisConnection } from "@distlock/ioredis";
import { type Message, RedisMemory } from "@distlock/memory";
import { type FaultProxy, type RedisServer, startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Instance, type Place, startInstance, type Told } from "../support/turn-crew";
import { brokenAt } from "../support/turn-history";
import { refuseUnhandledRejections } from "../support/unhandled";

refuseUnhandledRejections();

const TURNS = 1_000;

async function historyOf(server: RedisServer, session: string): Promise<Message[]> {
  const redis = new Redis(server.url);
  try {
    return await new RedisMemory(ioredisConnection(redis), { session }).load();
  } finally {
    redis.disconnect();
  }
}

const told = <K extends string>({ reports }: Instance, kind: K): Told<K>[] =>
  reports.filter((report): report is Told<K> => kind in report);

/** Each turn of both is there once, each in the order of its instance, and each knew all that was said before it. */
function expectWhole(history: readonly Message[], ...names: string[]): void {
  expect(history).toHaveLength(names.length * TURNS * 2);
  expect(brokenAt(history)).toBeUndefined();
  const turns = history.filter((_, i) => i % 2 === 0).map(({ content }) => String(content).split(" "));
  for (const name of names) {
    const own = turns.flatMap(([whose, turn]) => (whose === name ? [Number(turn)] : []));
    expect(own).toEqual(Array.from({ length: TURNS }, (_, n) => n));
  }
}

test("two instances take 1,000 turns each on one session: none is lost, none doubled, and questions and answers alternate", async () => {
  const server = await startRedis();
  const post = { url: server.url, session: "s", from: 0, to: TURNS, ttl: 30_000 };
  const a = startInstance({ ...post, name: "a", client: "ioredis" });
  const b = startInstance({ ...post, name: "b", client: "node-redis" });
  expect(await Promise.all([a.ended, b.ended])).toEqual([0, 0]);
  for (const each of [a, b]) expect(each.reports.filter((report) => !("done" in report))).toEqual([]);
  expectWhole(await historyOf(server, "s"), "a", "b");
  await server.stop();
});

describe("the same, on a Redis that writes each command to its AOF, while", () => {
  const TTL = 400;
  let server: RedisServer;
  let proxy: FaultProxy;
  let a: Instance;
  let b: Instance;

  beforeAll(async () => {
    server = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
    proxy = await startFaultProxy(server);
    const post = { session: "s", from: 0, to: TURNS, ttl: TTL };
    a = startInstance({ ...post, url: server.url, name: "a", client: "ioredis" });
    b = startInstance({ ...post, url: proxy.url, name: "b", client: "node-redis" });
    await Promise.all([a.next("done"), b.next("done")]);
  });

  let failed = false;
  beforeEach(() => {
    if (failed) throw new Error("what came before has failed, and the run is not what it should be");
  });
  afterEach(({ task }) => {
    failed ||= task.result?.state === "fail";
  });

  afterAll(async () => {
    for (const each of [a, b]) each.signal("SIGKILL");
    await proxy.stop();
    await server.stop();
  });

  /** It holds in a turn that was not handed over, so that its lease is no longer than its ttl; the other one goes on. */
  async function holdAlone(holder: Instance, at: Place, other: Instance): Promise<number> {
    await other.hold("idle");
    await holder.next("done");
    const turn = await holder.hold(at);
    other.go();
    return turn;
  }

  test("the connection is cut between the reply to a save and the release: the turn is done, with a warning", async () => {
    const turn = await holdAlone(b, "saved", a);
    const warning = b.next("warning");
    const done = b.next("done");
    proxy.set("cut");
    b.go();
    expect(await warning).toEqual({ warning: "LOCK_BACKEND" });
    expect(await done).toEqual({ done: turn });
    expect(told(b, "failed").filter((report) => report.failed.turn === turn)).toEqual([]);
    await a.next("done");
    const next = b.next("done");
    proxy.set("pass");
    expect(await next).toEqual({ done: turn + 1 });
  });

  test.each([
    ["ioredis", () => [a, b] as const],
    ["node-redis", () => [b, a] as const],
  ])("a holder is stopped past its ttl between load and save, and refused then (%s)", async (_client, instances) => {
    const [late, next] = instances();
    const turn = await holdAlone(late, "loaded", next);
    const held = next.hold("loaded");
    late.signal("SIGSTOP");
    await held; // the lease is over, and the next turn has only read
    const refused = late.next("refused");
    const again = late.next("done");
    late.go();
    late.signal("SIGCONT");
    expect(await refused).toEqual({ refused: { turn, applied: false, byStore: true } });
    next.go();
    expect(await again).toEqual({ done: turn });
  });

  test.each([
    ["load", "loaded"],
    ["save", "saved"],
  ] as const)("a holder is killed after its %s, and another process tries that turn again", async (_, at) => {
    const turn = await holdAlone(b, at, a);
    b.signal("SIGKILL");
    expect(await b.ended).toBe("SIGKILL");
    await a.hold("idle"); // when it has had a turn
    const again = b.next("done");
    b.goOn(turn, server.url);
    expect(await again).toEqual({ done: turn });
    a.go();
  });

  test("Redis is killed, and started again from its AOF", async () => {
    const turn = await a.hold("loaded");
    await server.signal("SIGKILL");
    const failed = a.next("failed");
    a.go();
    expect((await failed).failed.turn).toBe(turn);
    const done = Promise.all([a.next("done"), b.next("done")]);
    await server.restart();
    expect((await done)[0]).toEqual({ done: turn });
  });

  test("1,000 turns of each are there in the end: none is lost, none doubled, and questions and answers alternate", async () => {
    expect(await Promise.all([a.ended, b.ended])).toEqual([0, 0]);
    for (const each of [a, b]) expect(told(each, "broken")).toEqual([]);
    expectWhole(await historyOf(server, "s"), "a", "b");
  });
});
