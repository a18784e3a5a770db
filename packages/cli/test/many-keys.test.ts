import { startFaultProxy } from "@distlock/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { until } from "../../../test/support/until";
import { openScene, parsed } from "./support/scene";
import { openWindow } from "./support/window";

const scene = await openScene();
const { client, locker, run, server } = scene;

const COUNT = 100_000;
const FREE = 2_000;
/** No command may keep the server from others for longer, in µs. */
const LONGEST = 3_000;

beforeAll(async () => {
  const held = Array.from({ length: COUNT / 100 }, (_, i) => Array.from({ length: 100 }, (_, j) => `job:${i}:${j}`));
  for (let i = 0; i < held.length; i += 10) {
    const isFree = i < FREE / 100;
    const ttl = isFree ? 1_000 : 3_600_000;
    const locks = await Promise.all(held.slice(i, i + 10).map((keys) => locker.acquire(keys, { ttl })));
    if (isFree) await Promise.all(locks.map((lock) => lock.release()));
  }
  // Until their leases would have ended, Redis remembers the tokens of the released locks where their queues were.
  await until(async () => (await client.keys("*queue1")).length === 0);
});
afterAll(scene.stop);

test("100,000 locks are listed, and no command takes the server longer than a few ms", async () => {
  await client.config("RESETSTAT");
  await client.config("SET", "slowlog-max-len", "1000000", "slowlog-log-slower-than", String(LONGEST));
  await client.slowlog("RESET");
  const { stdout, code, stderr } = await run(["ls", "--limit", "0", "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(new Set(parsed(stdout).map(({ key }) => key)).size).toBe(COUNT - FREE);

  const log = (await client.slowlog("GET", -1)) as [number, number, number, string[]][];
  const stats = await client.info("commandstats");
  expect(stats).not.toContain("cmdstat_keys");
  for (const [name, least] of [
    ["scan", COUNT / 1_000],
    ["evalsha", COUNT - FREE - 1],
    ["pttl", COUNT],
  ] as const) {
    const calls = Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1]);
    expect(calls).toBeGreaterThanOrEqual(least);
    // All calls do as much, so if it were too much, all would be slow. A busy machine delays some of them.
    const slow = log.filter(([, , , [command]]) => command!.toLowerCase() === name).length;
    expect(slow / calls, name).toBeLessThan(0.5);
  }
});

test("1,000 lines for people are one table", async () => {
  const { stdout } = await run(["ls", "--limit", "1000", "job:*:1?"]);
  const [head, ...rows] = stdout.trimEnd().split("\n");
  expect(rows).toHaveLength(1_000);
  expect(new Set(rows.map((row) => row.lastIndexOf("  ")))).toEqual(new Set([head!.indexOf("FENCE") - 2]));
});

test("free locks cost no more than a request for their key", async () => {
  await client.config("RESETSTAT");
  expect(await run(["ls", "job:0:*"])).toMatchObject({ code: 0, stdout: "" });
  const stats = await client.info("commandstats");
  expect(stats).toMatch(/cmdstat_pttl:calls=100,/);
  expect(stats).not.toContain("cmdstat_eval");
});

test("a search that takes long shows in a terminal how far it is, and Ctrl-C prints what it has found", async () => {
  const proxy = await startFaultProxy(server);
  proxy.set("delay", { delay: [30, 30] });
  const window = await openWindow({ columns: 100, rows: 20, env: { DISTLOCK_URL: proxy.url } });
  onTestFinished(window.close);
  await window.enter("distlock ls --limit 5; echo code $?");
  const shown = (lines: readonly string[]) => {
    const found = /^distlock: \d+s: (\d+) keys of locks so far, \d+ to show \(Ctrl-C prints them\)$/m.exec(
      lines.join("\n"),
    );
    return Number(found?.[1] ?? 0);
  };
  const first = shown(await window.until((lines) => shown(lines) > 0));
  await window.until((lines) => shown(lines) > first);
  await window.press("C-c");
  const lines = await window.until((now) => now.includes("code 130"));
  expect(lines.filter((line) => line.startsWith("job:"))).toHaveLength(5);
  expect(lines.join("\n")).toMatch(
    /^distlock: 5 of \d+ locks are shown: --limit 0 shows all\ndistlock: interrupted: /m,
  );
  expect(shown(lines)).toBe(0);
  await proxy.stop();
});
