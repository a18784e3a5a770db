import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, expect, test } from "vitest";
import { companions } from "../packages/core/src/keys";

const server = await startRedis({ args: ["--cluster-enabled", "yes"] });
const redis = new Redis(server.url, { enableReadyCheck: false });

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

test.each(["", "app:", "{app}:", "a{b}c"])(
  "under the prefix %o every companion is in its lock's slot",
  async (prefix) => {
    for (const key of [
      "s1",
      "{s1}",
      "{s1}:lock",
      "a{b}{c}",
      "{a{b}",
      "a{",
      "{",
      "a b\n\"'",
      "ключ",
      "k".repeat(1_024),
    ]) {
      const slot = await redis.cluster("KEYSLOT", prefix + key);
      for (const suffix of ["fence", "queue", "dead:inbox:token"]) {
        expect(
          await redis.cluster("KEYSLOT", prefix + companions(prefix, key) + suffix),
          `${prefix} ${key} ${suffix}`,
        ).toBe(slot);
      }
    }
  },
);
