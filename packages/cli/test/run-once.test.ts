import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { distlock } from "./support/cli";
import { killAfterEach, launch } from "./support/programs";

const server = await startRedis();
const client = new Redis(server.port);
const locker = createLocker(ioredisDriver(client));
const env = { DISTLOCK_URL: server.url };
killAfterEach();

afterAll(async () => {
  await locker.close();
  client.disconnect();
  await server.stop();
});

const run = (...args: string[]) => distlock(["run", ...args], { env });

test("copies that start at once run the command once, and later ones in the period do not", async () => {
  const copy = () => run("nightly", "--once", "1h", "--no-wait", "--conflict-exit-code", "0", "--", "echo", "ran");
  const copies = await Promise.all(Array.from({ length: 6 }, copy));
  copies.push(await copy());
  expect(copies.map(({ code, stderr }) => ({ code, stderr }))).toEqual(copies.map(() => ({ code: 0, stderr: "" })));
  expect(copies.filter(({ stdout }) => stdout === "ran\n")).toHaveLength(1);
  const { holder, remaining } = await locker.inspect("nightly");
  expect(remaining).toBeGreaterThan(3_500_000);
  const refused = await run("nightly", "--once", "1h", "--", "echo", "ran");
  expect(refused).toMatchObject({ code: 75, stdout: "" });
  expect(refused.stderr).toMatch(
    /^distlock: not run: ".+" has "nightly" for this period, until \d{4}-.+Z if nothing changes\n$/,
  );
  expect(refused.stderr).toContain(holder!.label!);
});

test("the next period's command runs", async () => {
  expect(await run("hourly", "--once", "1s", "--", "echo", "ran")).toMatchObject({ code: 0, stdout: "ran\n" });
  const lock = await locker.acquire("hourly", { timeout: 60_000 });
  await lock.release();
  expect(await run("hourly", "--once", "1s", "--", "echo", "ran")).toMatchObject({ code: 0, stdout: "ran\n" });
});

test("a command that fails frees the key at once, and its code comes through", async () => {
  expect(await run("failing", "--once", "1h", "--", "sh", "-c", "exit 3")).toMatchObject({ code: 3, stderr: "" });
  expect(await run("failing", "--once", "1h", "--", "sh", "-c", "kill -9 $$")).toMatchObject({ code: 137, stderr: "" });
  expect(await run("failing", "--once", "1h", "--", "true")).toMatchObject({ code: 0, stderr: "" });
  expect(await run("failing", "--once", "1h", "--", "true")).toMatchObject({ code: 75 });
});

test("a command that loses its lock is stopped, and a distlock that was killed frees the key after the ttl", async () => {
  const stolen = launch(["run", "stolen", "--once", "1h", "--", "sh", "-c", "echo ready; exec sleep 60"], env);
  await stolen.prints("stdout", /ready/);
  await locker.forceRelease("stolen", { reason: "deploy" });
  const { code, stderr } = await stolen.ended;
  expect(code).toBe(79);
  expect(stderr).toContain('"deploy"');

  const crashed = launch(
    ["run", "stolen", "--once", "1h", "--ttl", "500ms", "-k", "100ms", "--", "sh", "-c", "echo ready; sleep 60"],
    env,
  );
  await crashed.prints("stdout", /ready/);
  crashed.child.kill("SIGKILL");
  const lock = await locker.acquire("stolen", { timeout: 60_000 });
  await lock.release();
});

test.each([
  [["a", "b", "--once", "1h"], "--once takes one key"],
  [["a,b", "--once", "1h"], "--once takes one key"],
  [["a", "--once", "1h", "--wait", "5s"], "leave --wait out"],
  [["a", "--once", "2ms"], "A period is from 3ms to 366d."],
  [["a", "--once", "400d"], "A period is from 3ms to 366d."],
])("%j is wrong usage", async (args, message) => {
  const ended = await run(...args, "--", "echo", "ran");
  expect(ended).toMatchObject({ code: 64, stdout: "" });
  expect(ended.stderr).toContain(message);
});
