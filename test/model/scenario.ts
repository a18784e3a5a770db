import { type RedisServer, startRedis } from "@distlock/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { machineClock } from "../support/machine-clock";
import type { AcquireReply, Lock } from "./core";
import { type Fault, type PushFault, sleep } from "./faults";
import { HEARTBEAT } from "./times";
import { type Actor, type Attempt, createWorld, type World } from "./world";

export interface Stage extends World {
  readonly a: Actor;
  readonly b: Actor;
  readonly c: Actor;
  readonly key: string;
}

/** The invariants of every run of the model hold at the end of each scenario, too. */
export function scenarios(all: Readonly<Record<string, (stage: Stage) => Promise<void>>>): void {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  for (const [title, run] of Object.entries(all)) {
    test(title, async () => {
      const world = await createWorld(server.url, { keys: 2, actors: 3 });
      const [a, b, c] = world.actors as [Actor, Actor, Actor];
      try {
        await run(Object.assign(world, { a, b, c, key: world.keys[0]! }));
        await world.settle();
        expect(world.wrongs(), world.history.story()).toEqual([]);
      } finally {
        await world.end();
      }
    });
  }
}

/** An event that another part of a scenario waits for. */
export function createGate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Holds messages back until they are let go. */
export function createDam(): { readonly fault: PushFault; letGo(): void; readonly size: number } {
  const held: (() => void)[] = [];
  return {
    fault: (deliver) => void held.push(deliver),
    letGo() {
      for (const deliver of held.splice(0)) deliver();
    },
    get size() {
      return held.length;
    },
  };
}

/** The fault, and a promise of the moment at which it has begun. */
export function noticed(fault: Fault): { readonly fault: Fault; readonly begun: Promise<void> } {
  const { opened, open } = createGate();
  return {
    begun: opened,
    fault: (send) => {
      open();
      return fault(send);
    },
  };
}

const clock = machineClock();

/** Looks again and again, for so long on a clock that waits for a busy machine. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, ms = 8_000): Promise<void> {
  const end = clock() + ms;
  while (!(await isTrue())) {
    if (clock() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(3);
  }
}

export async function granted(attempt: Attempt, ms = 8_000): Promise<Lock> {
  await until("granted", () => !attempt.isWaiting, ms);
  const lock = await attempt.ended;
  expect(lock).toBeDefined();
  return lock!;
}

export const isWaiting = ({ a, key }: Stage, count: number): Promise<void> =>
  until(`${count} wait`, async () => (await a.driver.inspect(key)).waiting === count);

export const isFree = ({ redis, key }: Stage, ms?: number): Promise<void> =>
  until("the key is free", async () => (await redis.exists(key)) === 0, ms);

/** A request straight to the server; tokens begin with the name of an inbox. */
export const ask = (
  { key }: Stage,
  { driver }: Actor,
  token: string,
  { ttl = 5_000, ticket, at = key }: { ttl?: number; ticket?: number; at?: string } = {},
): Promise<AcquireReply> => {
  const place = ticket === undefined ? undefined : { key: at, ticket };
  return driver.acquire({ keys: [at], token, ttl, place }, { abandoned: false });
};

export const LONG = 5_000;
export const FOR_EVER = { ttl: LONG, timeout: Number.POSITIVE_INFINITY };

/** `a` has it, `b` is the first that waits, and would receive a grant. */
export async function oneWaits(stage: Stage): Promise<{ release: () => Promise<void>; waiter: Attempt }> {
  const lock = await granted(stage.attempt(stage.a, stage.key, FOR_EVER));
  const waiter = stage.attempt(stage.b, stage.key, FOR_EVER);
  await isWaiting(stage, 1);
  await until("its inbox is open", () => stage.b.listeners > 0);
  return { release: () => stage.release(lock), waiter };
}

/** `b` has waited before, so that its inbox is open when it asks again. */
export async function listens(stage: Stage): Promise<void> {
  const { release, waiter } = await oneWaits(stage);
  await sleep(HEARTBEAT);
  await release();
  await stage.release(await granted(waiter));
}
