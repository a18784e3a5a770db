import type { RedisServer } from "@distlock/testing";
import type { Redis } from "ioredis-6";
import { monotonic } from "./clock";
import type { Hand } from "./crew";
import type { Event } from "./event";
import type { Moment } from "./moments";
import { pause } from "./pause";
import { createRandom, type Random } from "./random";

/** The targets of the faults. */
export interface World {
  readonly random: Random;
  readonly crew: readonly Hand[];
  readonly server: RedisServer;
  /** Straight to the server. Its commands may fail: the server may be down. */
  readonly admin: Redis;
  /** Whether the server keeps everything over a restart. */
  readonly isPersistent: boolean;
  record(event: Event): void;
}

/** Something that goes wrong, and is over when it resolves. */
export interface Fault {
  readonly name: string;
  run(world: World): Promise<void>;
}

const moments: readonly Moment[] = ["holding", "waiting", "granted"];

/** Data is lost from before the call until after it. */
async function losing({ record }: World, lose: () => Promise<unknown>): Promise<void> {
  const at = monotonic();
  await lose();
  record({ what: "forgot", at, to: monotonic() });
}

/** The links of some workers. */
const some = ({ random, crew }: World): readonly Hand[] => {
  const chosen = crew.filter(() => random.chance(50));
  return chosen.length > 0 ? chosen : [random.pick(crew)];
};

const kills: readonly Fault[] = moments.map((at) => ({
  name: `kill -9 of a worker, ${at}`,
  async run({ random, crew }) {
    const victim = random.pick(crew);
    victim.tell({ do: "suffer", blow: { at, how: "kill" } });
    await victim.dies(2_000);
  },
}));

const freezes: readonly Fault[] = moments.map((at) => ({
  name: `freeze of a worker, ${at}`,
  async run({ random, crew }) {
    const victim = random.pick(crew);
    victim.tell({ do: "suffer", blow: { at, how: "freeze" } });
    await pause(random.pick([400, 1_000, 2_000, 3_500]));
    await victim.spare();
  },
}));

const stalls: readonly Fault[] = [0.5, 1, 3].map((ttls) => ({
  name: `stall of an event loop for ${ttls} ttl`,
  async run(world) {
    const at = world.random.pick(moments);
    for (const victim of some(world)) victim.tell({ do: "suffer", blow: { at, how: "stall", ttls } });
    await pause(800);
  },
}));

const clockSteps: Fault = {
  name: "step of the wall clock of workers",
  async run(world) {
    for (const victim of some(world)) victim.tell({ do: "step clock", ms: world.random.pick([-3_600_000, 3_600_000]) });
  },
};

const ofServer: readonly Fault[] = [
  {
    name: "pause of Redis",
    async run({ server, random }) {
      await server.signal("SIGSTOP");
      await pause(random.int(100, 1_500));
      await server.signal("SIGCONT");
    },
  },
  {
    name: "kill -9 and restart of Redis",
    async run(world) {
      const restart = async () => {
        await world.server.signal("SIGKILL");
        await pause(world.random.int(0, 500));
        await world.server.restart();
      };
      await (world.isPersistent ? restart() : losing(world, restart));
    },
  },
  { name: "FLUSHALL", run: (world) => losing(world, () => world.admin.flushall()) },
  { name: "SCRIPT FLUSH", run: async ({ admin }) => void (await admin.script("FLUSH")) },
  {
    name: "CLIENT KILL of all commands",
    run: async ({ admin }) => void (await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")),
  },
  {
    name: "CLIENT KILL of all messages",
    run: async ({ admin }) => void (await admin.call("CLIENT", "KILL", "TYPE", "pubsub")),
  },
  {
    name: "CLIENT PAUSE",
    async run({ admin, random }) {
      const ms = random.int(100, 1_500);
      await admin.call("CLIENT", "PAUSE", String(ms));
      await pause(ms);
    },
  },
  {
    name: "eviction under maxmemory",
    run: (world) =>
      losing(world, async () => {
        const { admin, random } = world;
        await admin.config("SET", "maxmemory-policy", random.pick(["volatile-ttl", "allkeys-random"]));
        await admin.config("SET", "maxmemory", "1"); // every key has to go
        await pause(random.int(50, 500));
        await admin.config("SET", "maxmemory", "0");
      }),
  },
  {
    name: "100,000 other keys that expire",
    run: async ({ admin }) =>
      void (await admin.eval(
        "for i = 1, 100000 do redis.call('SET', 'other:' .. i, 'x', 'PX', 100 + i % 5000) end",
        0,
      )),
  },
];

const links = ["commands", "messages", undefined] as const;
const linkNames = links.map((only) => only ?? "all links");

const ofLinks: readonly Fault[] = [
  ...links.map((only, i) => ({
    name: `cut: ${linkNames[i]}`,
    async run(world: World) {
      const cut = some(world);
      for (const { proxy } of cut) proxy.set("cut", { ...(only && { links: only }) });
      await pause(world.random.int(0, 1_000));
      for (const { proxy } of cut) proxy.set("pass");
    },
  })),
  ...links.flatMap((only, i) =>
    (["toClient", "toServer", "both"] as const).map((way) => ({
      name: `black hole: ${linkNames[i]}, ${way}`,
      async run(world: World) {
        const cut = some(world);
        for (const { proxy } of cut) proxy.set("hold", { way, ...(only && { links: only }) });
        await pause(world.random.int(50, world.random.pick([400, 2_000])));
        // It heals, or the other side was never there.
        const isOver = world.random.chance(50);
        for (const { proxy } of cut) {
          if (isOver) proxy.reset(only);
          proxy.set("pass");
        }
      },
    })),
  ),
  {
    name: "slow links",
    async run(world) {
      const slow = some(world);
      for (const { proxy } of slow) proxy.set("delay", { way: "both", delay: [5, world.random.int(20, 400)] });
      await pause(1_500);
      for (const { proxy } of slow) proxy.set("pass");
    },
  },
  {
    name: "lost replies",
    async run(world) {
      for (let i = 0; i < 15; i++) {
        const { proxy } = world.random.pick(world.crew);
        await Promise.race([proxy.loseReply(), pause(100)]);
        proxy.set("pass"); // calls off faults that have not happened
      }
    },
  },
];

/** Faults of workers, servers and connections: one of each kind can happen at the same time. */
export const faults: readonly (readonly Fault[])[] = [
  [...kills, ...freezes, ...stalls, clockSteps],
  [...ofServer, ...ofLinks],
];

/**
 * Lets them happen, each kind in a random order, until the longest list is through (the others begin again), or
 * so many ms have passed.
 */
export async function rage(world: World, ms: number, onFault: (name: string) => void): Promise<void> {
  const until = monotonic() + ms;
  const seeds = faults.map(() => world.random.int(0, 2 ** 31 - 1));
  const longest = Math.max(...faults.map((kind) => kind.length));
  let isThrough = false;
  await Promise.all(
    faults.map(async (kind, i) => {
      const random = createRandom(seeds[i]!); // of its own, so that the one does not disturb the other
      do {
        for (const fault of random.shuffled(kind)) {
          if (isThrough || monotonic() > until) return;
          world.record({ what: "fault", at: monotonic(), name: fault.name });
          onFault(fault.name);
          await fault.run({ ...world, random });
          await pause(random.int(50, 300));
        }
      } while (kind.length < longest);
      isThrough = true;
    }),
  );
}
