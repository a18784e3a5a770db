import { expect, vi } from "vitest";
import { ask, scenarios } from "./scenario";

vi.mock("../../packages/core/src/driver/times", () => import("./times"));

scenarios({
  "a server without memory frees and hands over, and refuses new locks": async (stage) => {
    const { a, b, c, key, redis } = stage;
    await ask(stage, a, "one:holder");
    await ask(stage, b, "two:waiter", { ticket: 0 });
    await redis.config("SET", "maxmemory", "1");
    try {
      await expect(ask(stage, c, "three:other", { at: stage.keys[1]! })).rejects.toThrow(/OOM/);
      expect(await a.driver.release({ key, token: "one:holder", tombstone: false })).toBe("released");
      expect(await redis.get(key)).toBe("two:waiter");
      expect(await b.driver.release({ key, token: "two:waiter", tombstone: false })).toBe("released");
    } finally {
      await redis.config("SET", "maxmemory", "0");
    }
  },
});
