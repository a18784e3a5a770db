import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { rule } from "../../../core/src/driver/rights";
import { serverClient } from "../../src/connection/clients";
import { asking } from "../../src/doctor/facts/ask";
import { rightsOf, tried } from "../../src/doctor/facts/rights";
import { doctor } from "./support";

const server = await startRedis();

afterAll(() => server.stop());

/** The rule of the docs, for the keys that doctor takes, and what its own checks ask for. */
const locks = rule.replaceAll("<keys>", "distlock:doctor:*").split(" ");
const looks = ["+info", "+config|get"];

/** The URL of a user with these rights, in this order. */
async function user(...rights: string[]): Promise<string> {
  await server.command("ACL", "SETUSER", "locks", "reset", "on", ">secret", ...rights);
  return `redis://locks:secret@127.0.0.1:${server.port}`;
}

/** The findings that a server without persistence and replicas has in any case. */
const usual = ["warn persistence", "warn replicas"];

test("doctor tries each command that a user needs who locks", () => {
  const needed = rule
    .split(" ")
    .filter((right) => right.startsWith("+") && !/^\+(eval|evalsha|subscribe|publish)$/.test(right));
  expect(tried.map((name) => `+${name}`).sort()).toEqual(needed.sort());
});

test("a user with the rights of the docs, and those to look, has no finding of its own", async () => {
  const { code, bad } = await doctor(await user(...locks, ...looks));
  expect(bad).toEqual(usual);
  expect(code).toBe(0);
});

test("each command that is missing is named", async () => {
  const client = serverClient(await user(...locks), 5_000, () => {});
  await client.connect();
  const [node] = await client.primaries();
  for (const name of tried) {
    await server.command("ACL", "SETUSER", "locks", `-${name}`);
    expect(await rightsOf(asking(5_000), node!, "distlock:doctor:1")).toMatchObject({
      refused: [name],
      foreignKey: false,
    });
    await server.command("ACL", "SETUSER", "locks", `+${name}`);
  }
  client.close();
});

test.each([
  [["-eval", "-evalsha"], "fail: the user may not run evalsha, eval"],
  [["-eval"], "fail: the user may not run eval"],
  [["-evalsha"], "fail: the user may not run evalsha"],
  [["-zadd", "-zrank"], "fail: the user may not run zadd, zrank"],
])("a user without scripts, or with some commands missing (%s), fails", async (without, expected) => {
  const { code, of, findings } = await doctor(await user(...locks, ...looks, ...without));
  expect(of("rights")).toEqual([expected]);
  expect(findings.find(({ check }) => check === "rights")?.advice).toBe(
    `grant ${expected
      .match(/run (.+)/)![1]!
      .replace(/\w+/g, "+$&")
      .replaceAll(",", "")}`,
  );
  expect(code).toBe(1);
});

test.each([
  ["PUBLISH", ["-publish"], /^warn: PUBLISH failed: .*Waiters get their locks up to 1\.3 s late/],
  ["SUBSCRIBE", ["-subscribe"], /^warn: SUBSCRIBE failed: NOPERM/],
  ["channels", ["resetchannels"], /^warn: SUBSCRIBE failed: NOPERM/],
  ["the channels of distlock", ["resetchannels", "&other:*"], /^warn: SUBSCRIBE failed: NOPERM/],
])("a user without %s is warned, and locks all the same", async (_, without, expected) => {
  const { code, bad, of } = await doctor(await user(...locks, ...looks, ...without));
  expect(of("messages")).toEqual([expect.stringMatching(expected)]);
  expect(bad).toEqual([...usual, "warn messages"]);
  expect(code).toBe(0);
});

test("a user of other keys: nothing is known without --keys, and all with it", async () => {
  const others = rule.replaceAll("<keys>", "app:*").split(" ");
  const url = await user(...others, ...looks);
  const unknown = await doctor(url);
  expect(unknown.of("rights")).toEqual([
    expect.stringMatching(/^warn: not known: the user may not use keys such as distlock:doctor:/),
  ]);
  expect([unknown.of("messages"), unknown.of("lock"), unknown.code]).toEqual([[], [], 0]);
  expect((await doctor(url, ["--keys", "app:"])).bad).toEqual(usual);
  expect((await doctor(url, ["--prefix", "app:"])).bad).toEqual(usual);
});

test("CONFIG is forbidden: INFO has most, and nothing is ok that is not known", async () => {
  await server.command("CONFIG", "SET", "appendonly", "yes");
  const { code, bad, of } = await doctor(await user(...locks, "+info"));
  await server.command("CONFIG", "SET", "appendonly", "no");
  expect(of("eviction")).toEqual([expect.stringMatching(/^ok: noeviction/)]);
  expect(of("persistence")).toEqual([expect.stringMatching(/^warn: AOF, but appendfsync is not known/)]);
  expect(bad).toEqual(usual);
  expect(code).toBe(0);
});

test("INFO and CONFIG are forbidden: what only they have is not known, and the rest is tried", async () => {
  const { code, bad, findings } = await doctor(await user(...locks));
  expect(bad).toEqual(
    ["server", "role", "eviction", "memory", "persistence", "replicas", "connections"].map((name) => `warn ${name}`),
  );
  expect(findings.filter(({ reason }) => /known/.test(reason)).length).toBe(7);
  expect(code).toBe(0);
});

test("a user without TIME: its rights fail, and the clock is not known", async () => {
  const { of } = await doctor(await user(...locks, ...looks, "-time"));
  expect(of("clock")).toEqual([expect.stringMatching(/^warn: not known/)]);
});
