import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { type Reply, startCluster } from "@distlock/testing";
import fc from "fast-check";
import { Cluster as Cluster5 } from "ioredis-5.3";
import { Cluster as Cluster6, Redis } from "ioredis-6";
import * as redis6 from "redis-6";
import { afterAll, describe, expect, test } from "vitest";
import { assertKey, assertKeyPrefix, companions } from "../../packages/core/src/driver/keys";
import { ofIoredis, ofNodeRedis, type TestClient } from "../support/client";
import { clusterClients } from "../support/clients";
import { urlOf } from "../support/topology-url";
import { untilWaiting } from "../support/until";

const cluster = await startCluster();
const primaries = cluster.nodes.slice(0, 3);
const node = new Redis(primaries[0]!.url);

afterAll(async () => {
  node.disconnect();
  await cluster.stop();
});

/** What Redis itself says. */
async function slotsOf(names: readonly string[]): Promise<number[]> {
  const pipeline = node.pipeline();
  for (const name of names) pipeline.cluster("KEYSLOT", name);
  const replies = (await pipeline.exec())!;
  return replies.map(([error, slot]) => {
    if (error) throw error;
    return Number(slot);
  });
}

const SUFFIXES = ["fence", "queue1"];

const accepts = (check: () => void): boolean => {
  try {
    check();
    return true;
  } catch (error) {
    expect(error instanceof RangeError || error instanceof TypeError, String(error)).toBe(true);
    return false;
  }
};
const isKey = (key: string): boolean => accepts(() => assertKey(key));
const isPrefix = (prefix: string): boolean => accepts(() => assertKeyPrefix(prefix));

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("{", "}", "{}", "}{", "{a}", "~", ":") },
  {
    weight: 2,
    arbitrary: fc.constantFrom("a", "b", "s1", "ключ", "👩‍👩‍👧", " ", "\n", "\0", "\u007f", "\u2028", "\ud800"),
  },
  { weight: 1, arbitrary: fc.constantFrom(...SUFFIXES) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 5 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 5 }) },
);
const name = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
const prefix = fc.oneof(fc.constantFrom("", "app:", "{app}:", "a{b}c", "{x}{y}", "{{x}}", "ключ:", "\0"), name);

/** Whether some other name can share the slot at all: by a tag, which begins with the first `{` and has no `}` in it. */
const canShare = (key: string): boolean => /^[^{]*\{[^}]+\}/.test(key) || !key.includes("}");
/** What a companion is called, whatever its lock. */
const isCompanion = (key: string): boolean =>
  SUFFIXES.some((suffix) => new RegExp(`^\\{.+\\}~${suffix}|\\}.*:${suffix}`, "s").test(key));

test("every companion of an accepted key is in its slot, under every accepted prefix", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(prefix, name, async (prefix, key) => {
      fc.pre(isPrefix(prefix) && isKey(key));
      accepted++;
      const start = prefix + companions(prefix, key);
      const [slot, ...others] = await slotsOf([prefix + key, ...SUFFIXES.map((suffix) => start + suffix)]);
      expect(others).toEqual(SUFFIXES.map(() => slot));
    }),
    { numRuns: 2_000 },
  );
  expect(accepted).toBe(2_000);
});

test("a key is refused only if no second one can share its slot, or if it is, or may be, a companion", () => {
  fc.assert(
    fc.property(name, (key) => {
      if (!isKey(key)) expect(key === "" || !key.isWellFormed() || !canShare(key) || isCompanion(key), key).toBe(true);
      else expect(canShare(key), key).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});

test("no two locks share a key, under no prefix", () => {
  const keysOf = (prefix: string, key: string) => [
    prefix + key,
    ...SUFFIXES.map((suffix) => prefix + companions(prefix, key) + suffix),
  ];
  const twist = fc.constantFrom(
    (key: string) => `{${key}}`,
    (key: string) => `${key}~`,
    (key: string) => `${key}:`,
    (key: string) => `{${key}}~`,
    (key: string) => `{${key}}~queue1`,
    (key: string) => `${key}:fence`,
    (key: string) => key.replaceAll(/[{}]/g, ""),
    (key: string) => companions("", key),
  );
  fc.assert(
    fc.property(prefix, name, fc.oneof(name, twist), (prefix, key, other) => {
      const second = typeof other === "string" ? other : other(key);
      fc.pre(second !== key && isPrefix(prefix) && isKey(key) && isKey(second));
      const taken = new Set(keysOf(prefix, key));
      expect(keysOf(prefix, second).filter((each) => taken.has(each))).toEqual([]);
    }),
    { numRuns: 20_000 },
  );
});

/** Clients hash these otherwise than Redis does. */
test.each(["{}x", "x{}y", "{}", "{}{a}", "x{}y{z}", "{}x}"])(
  "the key %o, whose first tag is empty, is refused",
  (key) => {
    expect(() => assertKey(key)).toThrow(RangeError);
    expect(() => assertKeyPrefix(key)).toThrow(TypeError);
  },
);

const startNodes = primaries.map(({ host, port }) => ({ host, port }));
const rootNodes = primaries.map(({ url }) => ({ url }));
const prefixing: Record<string, (keyPrefix: string) => Promise<TestClient>> = {
  "ioredis 5.3.0": async (keyPrefix) => ofIoredis(new Cluster5(startNodes, { keyPrefix })),
  "ioredis 6.0.0": async (keyPrefix) => ofIoredis(new Cluster6(startNodes, { keyPrefix })),
  "redis 6.3.1": (keyPrefix) => {
    const client = redis6.createCluster({ rootNodes, keyPrefix });
    return ofNodeRedis(client);
  },
};
const cases = Object.entries(clusterClients).flatMap(([client, connect]) =>
  client in prefixing
    ? ["", "app:", "{app}:", "a{b}c", "{{x}}", "ключ\n"].map(
        (prefix) => [client, prefix, () => prefixing[client]!(prefix)] as const,
      )
    : [[client, "", () => connect(urlOf(cluster))] as const],
);

describe("a lock that is waited for, handed over, released and given up leaves keys only in its slot", () => {
  test.each(cases)("%s with the keyPrefix %o", async (_, prefix, connect) => {
    const { driver, close } = await connect();
    const [holder, other] = [createLocker(driver), createLocker(driver)];
    const shapes = [
      "s1",
      "{s1}",
      "{s1}:lock",
      "a{b}{c}",
      "{a{b}",
      "a{",
      "{",
      "{{}",
      "a b\n\"'",
      "ключ",
      "\0\u007f",
      "~:",
    ];
    for (const shape of shapes) {
      const key = shape + randomUUID();
      const lock = await holder.acquire(key);
      const waiting = other.acquire(key);
      waiting.catch(() => {});
      await untilWaiting(holder, key, 1);
      const during = await everyKey();
      await lock.release();
      await (await waiting).release();
      await driver.release({ key, token: "inbox:given-up", tombstone: true });
      const names = [...new Set([...during, ...(await everyKey())])];
      const start = prefix + companions(prefix, key);
      const expected = [prefix + key, ...SUFFIXES.map((each) => start + each)];
      expect(names.sort()).toEqual(expected.sort());
      expect(new Set(await slotsOf(names)).size).toBe(1);
      for (const each of primaries) await each.command("FLUSHALL");
    }
    await holder.close();
    await other.close();
    close();
  });
});

async function everyKey(): Promise<string[]> {
  const lists = await Promise.all(primaries.map((each) => each.command("KEYS", "*")));
  return lists.flatMap((list) => (list as readonly Reply[]).map(String));
}
