import type { Redis } from "ioredis-6";
import { expect } from "vitest";
import type { Command } from "./command";
import { realClock } from "./core";
import type { Seen, Twin } from "./twin";

/**
 * Has time pass at a server at once: every key loses so much of its ttl, and the times in a queue become so much older. Returns the
 * keys without a ttl: there should be none.
 */
const passLua = `
local lasting = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left == -1 then
    lasting[#lasting + 1] = key
  elseif left <= tonumber(ARGV[1]) then
    redis.call('DEL', key)
  else
    redis.call('PEXPIRE', key, left - ARGV[1])
    if redis.call('TYPE', key).ok == 'zset' then
      local times = redis.call('ZRANGEBYSCORE', key, '-inf', 0)
      for _, member in ipairs(times) do
        local unit = tonumber(redis.call('ZSCORE', key, member)) < -1e14 and 1000 or 1
        redis.call('ZINCRBY', key, string.format('%.0f', ARGV[1] * unit), member)
      end
    end
  end
end
return lasting`;

/** The clock of this process, on which the in-process driver counts. It can be put forward. */
export function createClock() {
  const real = realClock.now;
  let passed = 0;
  return {
    real,
    now: () => real() + passed,
    pass(ms: number) {
      passed += ms;
    },
  };
}

/** Compares the fences of a key: they differ between the two, but are of the same grants, and rise. */
function createFences() {
  const known = { redis: [0], own: [0] };
  /** The last floors, and the floors of the present step: a grant of the same step may have the fence that its floor is. */
  let floors = { redis: 0, own: 0 };
  let newFloors = floors;

  return {
    same(redis: number, own: number): void {
      const grant = known.redis.indexOf(redis);
      if (grant >= 0 || known.own.includes(own)) {
        expect(known.own.indexOf(own), `the grant with the fence ${own} in process, ${redis} in Redis`).toBe(grant);
        return;
      }
      expect(redis, "a new fence in Redis").toBeGreaterThan(Math.max(floors.redis, ...known.redis));
      expect(own, "a new fence in process").toBeGreaterThan(Math.max(floors.own, ...known.own));
      known.redis.push(redis);
      known.own.push(own);
    },

    floor(redis: number, own: number): void {
      expect(redis, "a floor in Redis").toBeGreaterThanOrEqual(Math.max(...known.redis));
      expect(own, "a floor in process").toBeGreaterThanOrEqual(Math.max(...known.own));
      newFloors = { redis, own };
    },

    endStep(): void {
      floors = newFloors;
    },
  };
}

/** Runs the same commands on both, and compares their replies, and their states afterwards. */
export function createTwins(inRedis: Twin, inProcess: Twin, redis: Redis, clock: ReturnType<typeof createClock>) {
  const fences = new Map<string, ReturnType<typeof createFences>>();
  const began = clock.real();
  const elapsed = () => clock.real() - began;

  function fencesOf(key: string) {
    const known = fences.get(key) ?? createFences();
    fences.set(key, known);
    return known;
  }

  /** Tickets are compared by the order in which waiters get the lock. */
  function sameReply(redis: Seen, own: Seen): void {
    const said = ({
      fence: _,
      floor: __,
      remaining: ___,
      ticket: ____,
      age: _____,
      holder,
      waiters,
      ...rest
    }: Seen) => ({
      ...rest,
      // Times differ between the two, and tickets.
      label: holder?.label,
      waiters: waiters?.map(({ token }) => token),
    });
    expect(said(redis), "what Redis said").toEqual(said(own));
    const told = ({ fence, floor, remaining, ticket, age, holder }: Seen) =>
      [fence, floor, remaining, ticket, age, holder?.since].map((value) => value !== undefined);
    expect(told(redis), "what else Redis said").toEqual(told(own));
    if (redis.floor !== undefined) fencesOf(own.key).floor(redis.floor, own.floor!);
    if (redis.fence !== undefined) fencesOf(own.key).same(redis.fence, own.fence!);
    // A lease did not begin at the same time in both, but the run had begun. Redis says -2 of a free lock.
    const distance = Math.abs(Math.max(redis.remaining ?? 0, 0) - (own.remaining ?? 0));
    expect(distance, `${redis.remaining} ms left in Redis, ${own.remaining} in process`).toBeLessThan(elapsed() + 5);
  }

  function same(redis: readonly Seen[], own: readonly Seen[]): void {
    expect(redis.length, "the number of replies").toBe(own.length);
    for (const [i, one] of own.entries()) sameReply(redis[i]!, one);
  }

  async function pass(ms: number): Promise<void> {
    clock.pass(ms);
    expect(await redis.eval(passLua, 0, String(ms)), "keys without a ttl").toEqual([]);
  }

  return {
    /** How long the run has taken until now, in ms. */
    elapsed,
    async run(command: Command): Promise<void> {
      if (command.do === "pass") await pass(command.ms);
      else same(await inRedis.act(command), await inProcess.act(command));
      same(await inRedis.inspect(), await inProcess.inspect());
      for (const each of fences.values()) each.endStep();
    },
  };
}
