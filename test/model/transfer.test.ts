import { expect, vi } from "vitest";
import { ask, LONG, type Stage, scenarios } from "./scenario";

vi.mock("../../packages/core/src/driver/times", () => import("./times"));

const holder = ({ redis, key }: Stage) => redis.get(key);

const transfer = ({ a, key }: Stage, from: string, to: string, ttl = LONG) =>
  a.driver.transfer!({ key, from, to, ttl });

scenarios({
  "a transfer is a grant: the new token has a higher fence and a lease of its own, and waiters keep their places":
    async (stage) => {
      const { a, b, key, redis } = stage;
      const first = await ask(stage, a, "one:holder");
      await ask(stage, b, "two:waiter", { ticket: 0 });
      const next = await transfer(stage, "one:holder", "one:next", LONG / 5);
      if (first.status !== "granted" || next.status !== "granted") throw new Error("not granted");
      expect(next.fence).toBeGreaterThan(first.fences[0]!);
      expect(await redis.pttl(key)).toBeLessThanOrEqual(LONG / 5);
      expect(await transfer(stage, "one:holder", "one:next", LONG / 5)).toEqual(next);
      await a.driver.release({ key, token: "one:next", tombstone: false });
      expect(await holder(stage)).toBe("two:waiter");
      await a.driver.release({ key, token: "two:waiter", tombstone: false });
    },

  "a transfer leaves its first token dead": async (stage) => {
    const { a, key } = stage;
    await ask(stage, a, "one:holder");
    await transfer(stage, "one:holder", "one:next");
    expect(await a.driver.extend({ key, token: "one:holder", ttl: LONG })).toBe("lost");
    await stage.redis.del(key);
    expect((await ask(stage, a, "one:holder")).status).toBe("dead");
  },

  "only the holder's token transfers": async (stage) => {
    await ask(stage, stage.a, "one:holder");
    expect(await transfer(stage, "one:other", "one:next")).toEqual({ status: "lost" });
    expect(await holder(stage)).toBe("one:holder");
    await stage.a.driver.release({ key: stage.key, token: "one:holder", tombstone: false });
  },
});
