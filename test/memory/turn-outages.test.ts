import { createLocker } from "@distlock/core";
import { redisDriver } from "@distlock/core/driver";
import { ioredisConnection } from "@distlock/ioredis";
import { LockedMemory, type Message, RedisMemory, sessionKey } from "@distlock/memory";
import { type FaultProxy, type RedisServer, startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { describe, test } from "vitest";
import { type Instance, type Post, startInstance, type Told } from "../support/turn-crew";
import { brokenAt } from "../support/turn-history";
import { refuseUnhandledRejections } from "../support/unhandled";

refuseUnhandledRejections();

const TURNS = 1_000;
/** Longer than any time for which something could be remembered by a clock. */
const OUTAGE = 65_000;
/** They run side by side, most of the time in their outages. */
const LIMIT = 600_000;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const told = <K extends string>({ reports }: Instance, kind: K): Told<K>[] =>
  reports.filter((report): report is Told<K> => kind in report);

/** The first of the turns that are not there, and of those that are there again. */
function amissIn(history: readonly Message[]) {
  const taken = history.filter((_, i) => i % 2 === 0).map(({ content }) => String(content));
  const all = ["a", "b"].flatMap((name) => Array.from({ length: TURNS }, (_, n) => `${name} ${n}`));
  return {
    lost: all.filter((turn) => !taken.includes(turn)).slice(0, 5),
    doubled: taken.filter((turn, i) => taken.indexOf(turn) !== i).slice(0, 5),
  };
}

/** A Redis that writes each command to its AOF, and a way to it for each instance. */
async function start(clean: (end: () => void | Promise<void>) => void) {
  const server = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
  const proxies = [await startFaultProxy(server), await startFaultProxy(server)] as const;
  const redis = new Redis(server.url, { retryStrategy: () => 20 });
  redis.on("error", () => {});
  clean(async () => {
    redis.disconnect();
    for (const proxy of proxies) await proxy.stop();
    await server.stop();
  });
  return { server, proxies, redis };
}

async function crash(server: RedisServer): Promise<void> {
  await server.signal("SIGKILL");
  await server.restart();
}

/** An instance is away for 65 s, right after its save was carried out, or before it comes through. */
async function goAway(one: Instance, proxy: FaultProxy, saved: boolean, meanwhile: () => Promise<void>) {
  await one.hold("loaded");
  if (saved) {
    const lost = proxy.loseReply();
    one.go();
    await lost;
    proxy.set("cut");
  } else {
    proxy.set("drop", { way: "both" });
    one.go();
    await one.next("failed"); // its lock was lost
    proxy.set("cut");
  }
  await Promise.all([sleep(OUTAGE), meanwhile()]);
  proxy.set("pass");
}

const ON = 10_000;

interface Run {
  readonly a: Partial<Post>;
  readonly b: Partial<Post>;
  readonly faults: (parts: Awaited<ReturnType<typeof start>> & { a: Instance; b: Instance }) => Promise<void>;
}

/** While one of them is away, the other one takes its turns: the conversation is in use all the time. */
const slow = { rest: 70, keep: [ON, null, null, ON, null] };

const runs: Record<string, Run> = {
  "ioredis is away, with a save that was carried out": {
    a: { client: "patient ioredis", keep: [null, ON, null] },
    b: { client: "patient node-redis", ...slow },
    faults: ({ a, proxies, server }) => goAway(a, proxies[0], true, () => crash(server)),
  },
  "ioredis is away, with a save that never came through": {
    a: { client: "patient ioredis", keep: [ON, null] },
    b: { client: "patient node-redis", ...slow },
    faults: ({ a, proxies, server }) => goAway(a, proxies[0], false, () => crash(server)),
  },
  "node-redis is away, with a save that was carried out": {
    a: { client: "patient ioredis", ...slow },
    b: { client: "patient node-redis", keep: [null, ON, null] },
    faults: ({ b, proxies, server }) => goAway(b, proxies[1], true, () => crash(server)),
  },
  "nobody reaches Redis, which crashes meanwhile": {
    a: { client: "patient ioredis", keep: [null, 300_000] },
    b: { client: "patient node-redis", keep: [300_000, null, null] },
    faults: async ({ a, b, proxies, server }) => {
      await b.hold("idle");
      await goAway(a, proxies[0], true, async () => {
        proxies[1].set("cut");
        b.go();
        await crash(server);
      });
      proxies[1].set("pass");
    },
  },
};

describe("two instances that take 1,000 turns each on one session lose none, double none, and none expires in use, when", () => {
  test.concurrent.for(Object.entries(runs))(
    "%s",
    { timeout: LIMIT },
    async ([, { a: first, b: second, faults }], { onTestFinished: clean, expect }) => {
      const parts = await start(clean);
      const { server, proxies, redis } = parts;
      const post = { session: "s", from: 0, to: TURNS, ttl: 400 };
      const crew = [
        startInstance({ ...post, client: "ioredis", name: "a", url: proxies[0].url, ...first }),
        startInstance({ ...post, client: "node-redis", name: "b", url: proxies[1].url, ...second }),
      ] as const;
      clean(() => {
        for (const each of crew) each.signal("SIGKILL");
      });
      const [a, b] = crew;
      await Promise.all([a.next("done"), b.next("done")]);
      await faults({ ...parts, a, b });
      await crash(server);
      expect(await Promise.all([a.ended, b.ended])).toEqual([0, 0]);
      for (const each of crew) expect(told(each, "broken").slice(0, 2)).toEqual([]);
      const history = await new RedisMemory(ioredisConnection(redis), { session: "s" }).load();
      expect(brokenAt(history)).toBeUndefined();
      expect(amissIn(history)).toEqual({ lost: [], doubled: [] });
      const keys = (await redis.keys(`${sessionKey("s")}:*`)).filter((key) => key.includes(":messages"));
      expect(keys).toHaveLength(2);
    },
  );

  test.concurrent(
    "a save is sent again after an outage, and there was no other turn",
    async ({ onTestFinished: clean, expect }) => {
      const { proxies, redis, server } = await start(clean);
      const far = new Redis(proxies[0].url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
      far.on("error", () => {});
      clean(() => far.disconnect());
      const near = ioredisConnection(redis);
      const memory = new LockedMemory(
        (session: string) => new RedisMemory(ioredisConnection(far), { session }),
        createLocker(redisDriver(near)),
      ).for("s");
      const user: Message = { role: "user", content: "Pay 100 euros" };
      const assistant: Message = { role: "assistant", content: "Done" };
      await memory.save({ role: "user", content: "Hello" }, { role: "assistant", content: "Hi" });
      const lost = proxies[0].loseReply();
      const saving = memory.save(user, assistant);
      await lost;
      proxies[0].set("cut");
      await sleep(OUTAGE);
      proxies[0].set("pass");
      expect(await saving).toEqual({ done: "now" });
      await far.ping();
      const kept = await new RedisMemory(near, { session: "s" }).load();
      expect(kept.slice(2)).toEqual([user, assistant]);
      expect(server.running).toBe(true);
    },
    LIMIT,
  );
});
