import { randomBytes } from "node:crypto";
import { Redis } from "ioredis-6";
import { machineClock } from "../support/machine-clock";
import { livingWaitersOf } from "../support/queue-key";
import { connects } from "./connect";
import { createLocker, type Driver, type Lock, LockError, type Locker, type LockOptions, redisDriver } from "./core";
import { type Faults, faulty, sleep } from "./faults";
import { createHistory, type History } from "./history";

/** A locker with a client of its own, as a process would have. */
export interface Actor {
  readonly locker: Locker;
  readonly faults: Faults;
  /** Past the faults: each request is carried out, and written down. */
  readonly driver: Driver;
  readonly crashed: boolean;
  /** How often it has begun to listen. */
  readonly listeners: number;
  /** It is gone at once, with all connections, and cleans up nothing. */
  crash(): Promise<void>;
  /** Its connections break, and its clients make new ones. */
  cut(): Promise<void>;
}

/** One call of `acquire` or `tryAcquire`. */
export interface Attempt {
  readonly key: string;
  readonly actor: Actor;
  readonly controller: AbortController;
  readonly ended: Promise<Lock | undefined>;
  /** Whether it may only end with the lock, unless it is aborted or its locker ends. */
  readonly endless: boolean;
  isWaiting: boolean;
  lock?: Lock;
}

/** Lockers and keys of their own at a real server. */
export interface World {
  readonly keys: readonly string[];
  readonly actors: readonly Actor[];
  readonly attempts: readonly Attempt[];
  readonly history: History;
  /** Past all clients. */
  readonly redis: Redis;
  add(): Promise<Actor>;
  attempt(actor: Actor, key: string, options: LockOptions): Attempt;
  release(lock: Lock): Promise<void>;
  extend(lock: Lock, ttl: number): Promise<void>;
  held(): readonly Lock[];
  look(): Promise<void>;
  /** Deletes the key, no matter who had it. */
  rob(key: string): Promise<void>;
  /** Everything that the server knows of the key is gone. */
  forget(key: string): Promise<void>;
  /** No more faults: releases all, sees every waiter granted and everything gone. */
  settle(): Promise<void>;
  /** What must not have happened. */
  wrongs(): readonly string[];
  end(): Promise<void>;
}

const PATIENCE = 6_000;
const clock = machineClock();
const LOOKS = 4;

/** Deletes all keys that have to do with a lock, and returns the token that had it. */
const FORGET = `
local holder = redis.call('GET', KEYS[1])
for _, key in ipairs(redis.call('KEYS', '*' .. KEYS[1] .. '*')) do redis.call('DEL', key) end
return holder`;

export async function createWorld(
  url: string,
  { keys: keyCount = 1, actors: actorCount = 2 }: { keys?: number; actors?: number } = {},
): Promise<World> {
  const id = randomBytes(6).toString("hex");
  const keys = Array.from({ length: keyCount }, (_, i) => `model:${id}:${i}`);
  const redis = new Redis(url);
  const observer = new Redis(url);
  const history = createHistory();
  const actors: Actor[] = [];
  const attempts: Attempt[] = [];
  let draining = false;
  let made = 0;

  for (const client of [redis, observer]) client.on("error", () => {});
  observer.on("pmessage", (_pattern, _channel, message) => history.published(message));
  await observer.psubscribe("distlock:*");

  const own = (lock: Lock) => attempts.find((attempt) => attempt.lock === lock);
  const locks = () => attempts.flatMap(({ actor, lock }) => (lock && !actor.crashed ? [lock] : [])) as readonly Lock[];
  const held = () => locks().filter(({ isHeld }) => isHeld);
  const looks = setInterval(() => history.look(locks()), LOOKS);

  async function check(lock: Lock): Promise<void> {
    if (!lock.isHeld) return;
    const value = await redis.get(lock.key).catch(() => undefined); // the world has ended
    if (value !== undefined && lock.isHeld && !own(lock)?.actor.crashed) history.found(lock, value);
  }

  async function add(): Promise<Actor> {
    const name = `model-${id}-${made}`;
    const client = await connects[made++ % connects.length]!(url, { name });
    const { connection } = client;
    const closers = new Set<() => Promise<void>>();
    const driver = history.watched(
      redisDriver({
        ...connection,
        async subscribe(...listening) {
          const close = await connection.subscribe!(...listening);
          if (crashed) await close();
          closers.add(close);
          return close;
        },
      }),
    );
    const { driver: between, faults } = faulty(driver);
    const locker = createLocker(between);
    let crashed = false;

    const actor: Actor = {
      locker,
      faults,
      driver,
      get crashed() {
        return crashed;
      },
      get listeners() {
        return closers.size;
      },
      async crash() {
        crashed = true;
        faults.die();
        client.close();
        await Promise.all([...closers].map((close) => close().catch(() => {})));
        await locker.close(); // stops its timers; nothing gets through
      },
      async cut() {
        const list = String(await redis.client("LIST"));
        for (const line of list.split("\n")) {
          const [, client] = line.match(/^id=(\d+) /) ?? [];
          if (client && line.includes(` name=${name} `)) await redis.client("KILL", "ID", client);
        }
      },
    };
    actors.push(actor);
    return actor;
  }

  function watchLoss(lock: Lock): void {
    const deadline = performance.now() + lock.remaining();
    lock.signal.addEventListener("abort", () => {
      const why = String(lock.signal.reason);
      if (performance.now() < deadline && why.includes("somebody else")) history.falselyLost(lock, why);
    });
  }

  async function eventually(what: string, isTrue: () => Promise<boolean>): Promise<void> {
    const until = clock() + PATIENCE;
    while (!(await isTrue())) {
      if (clock() > until) return history.wrong(what);
      await sleep(10);
    }
  }

  const world: World = {
    keys,
    actors,
    attempts,
    history,
    redis,
    add,
    held,

    attempt(actor, key, options) {
      const controller = new AbortController();
      const tries = options.timeout === 0;
      const given = { ...options, signal: controller.signal };
      const asked = tries ? actor.locker.tryAcquire(key, given) : actor.locker.acquire(key, given);
      const ended = asked.then(
        (lock) => {
          attempt.isWaiting = false;
          if (!lock || actor.crashed) return undefined;
          attempt.lock = lock;
          history.claimed(lock);
          watchLoss(lock);
          history.look(locks());
          const checked = check(lock);
          return checked.then(async () => {
            if (draining) await world.release(lock);
            return lock;
          });
        },
        (error: unknown) => {
          attempt.isWaiting = false;
          if (controller.signal.aborted && error === controller.signal.reason) return undefined;
          const code = LockError.is(error) ? error.code : undefined;
          if (code === undefined) history.wrong(`acquire rejected with ${error}`);
          if (attempt.endless && code !== "LOCKER_CLOSED") history.wrong(`an endless wait ended with ${error}`);
          return undefined;
        },
      );
      const endless = options.timeout === Number.POSITIVE_INFINITY && options.wait !== "retry";
      const attempt: Attempt = { key, actor, controller, ended, endless, isWaiting: true };
      attempts.push(attempt);
      return attempt;
    },

    async release(lock) {
      const wasHeld = lock.isHeld;
      await lock.release().catch((error: unknown) => {
        const code = LockError.is(error) ? error.code : undefined;
        if (code === undefined) history.wrong(`release rejected with ${error}`);
        if (code === "LOCK_LOST" && wasHeld) history.falselyLost(lock, String(error));
      });
    },

    async extend(lock, ttl) {
      const left = lock.remaining();
      const before = performance.now();
      await lock.extend(ttl).then(
        () => {
          const now = lock.remaining();
          if (now > 0 && now < left - (performance.now() - before) - 1) history.wrong("an extension shortened a lease");
        },
        (error: unknown) => {
          if (!LockError.is(error)) history.wrong(`extend rejected with ${error}`);
        },
      );
      await check(lock);
    },

    async look() {
      history.look(locks());
      await Promise.all(held().map(check));
      for (const name of await redis.keys(`*${id}*`)) {
        if ((await redis.pttl(name)) === -1) history.wrong(`${name} has no ttl`);
      }
    },

    async rob(key) {
      history.robbed([await redis.getdel(key)]);
    },

    async forget(key) {
      const from = Date.now();
      history.robbed([(await redis.eval(FORGET, 1, key)) as string | null]);
      history.forgotten(key, from);
    },

    async settle() {
      draining = true;
      for (const { faults } of actors) faults.clear();
      for (const lock of held()) void world.release(lock);
      const open = attempts.filter(({ actor }) => !actor.crashed);
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise((resolve) => {
        timer = setTimeout(resolve, PATIENCE);
      });
      await Promise.race([Promise.all(open.map(({ ended }) => ended)), patience]);
      clearTimeout(timer);
      const stranded = open.filter(({ isWaiting }) => isWaiting).length;
      if (stranded > 0) history.wrong(`${stranded} waiters are stranded`);
      await world.look();
      await eventually("a lock or a queue is left over", async () => {
        const held = await redis.exists(...keys);
        const waiters = await Promise.all(keys.map((key) => livingWaitersOf(redis, key)));
        return held === 0 && waiters.flat().length === 0;
      });
      await world.look();
    },

    wrongs: () => history.wrongs(),

    async end() {
      clearInterval(looks);
      await Promise.all(actors.map((actor) => actor.crash()));
      redis.disconnect();
      observer.disconnect();
    },
  };
  for (let i = 0; i < actorCount; i++) await add();
  return world;
}
