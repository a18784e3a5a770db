import { hostname, userInfo } from "node:os";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { distlock } from "./support/cli";
import { killAfterEach, launch } from "./support/programs";

const server = await startRedis();
const client = new Redis(server.port);
const locker = createLocker(ioredisDriver(client), { label: "api-7:41" });
const env = { DISTLOCK_URL: server.url };
killAfterEach();

afterAll(async () => {
  await locker.close();
  client.disconnect();
  await server.stop();
});

const run = (...args: string[]) => distlock(["run", ...args], { env });
const isFree = async (key: string) => !(await locker.inspect(key)).held;

test("the exit code of the command comes through, and the lock is free afterwards", async () => {
  expect(await run("codes", "--", "sh", "-c", "exit 7")).toEqual({ code: 7, signal: null, stdout: "", stderr: "" });
  expect(await isFree("codes")).toBe(true);
});

test("a command that a signal ended is reported as shells do: 128+n", async () => {
  expect(await run("codes", "--", "sh", "-c", "kill -9 $$")).toMatchObject({ code: 137, signal: null });
});

test("a command that is not there is 127, one that may not be executed 126, and the lock is free", async () => {
  const missing = await run("missing", "--", "there-is-no-such-command");
  expect(missing).toMatchObject({
    code: 127,
    stderr: 'distlock: the command "there-is-no-such-command" was not found\n',
  });
  expect(await run("missing", "--", "")).toMatchObject({ code: 127 });
  const folder = await run("missing", "--", "/tmp");
  expect(folder).toMatchObject({ code: 126 });
  expect(folder.stderr).toMatch(/^distlock: the command "\/tmp" could not be executed: .*EACCES\n$/);
  expect(await isFree("missing")).toBe(true);
});

test("while the command runs the lock is held, and the command has the key and the fence, but no token", async () => {
  const program = launch(["run", "env", "--", "sh", "-c", "env; echo ready; read line"], env);
  await program.prints("stdout", /^ready$/m);
  const { fence, holder } = await locker.inspect("env");
  const token = await client.get("env");
  expect(holder?.label).toBe(`${userInfo().username}@${hostname()}:${program.pid} sh`.slice(0, 48));
  program.child.stdin.end("\n");
  expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
  const { stdout } = program.printed;
  const given = stdout.split("\n").filter((line) => line.startsWith("DISTLOCK_") && !line.startsWith("DISTLOCK_URL="));
  expect(given.sort()).toEqual([`DISTLOCK_FENCE=${fence}`, "DISTLOCK_KEY=env"]);
  expect(stdout).not.toContain(token);
});

test("several keys are one lock; they are separated by commas and blanks", async () => {
  const { stdout, code } = await run("a,b", "c", "--", "env");
  expect(code).toBe(0);
  const fences = JSON.parse(/^DISTLOCK_FENCES=(.*)$/m.exec(stdout)![1]!);
  const fencesOf = async (...keys: string[]) =>
    Object.fromEntries(await Promise.all(keys.map(async (key) => [key, (await locker.inspect(key)).fence])));
  expect(fences).toEqual(await fencesOf("a", "b", "c"));
  expect(stdout).not.toMatch(/^DISTLOCK_(KEY|FENCE)=/m);
  const held = await locker.acquire("b");
  expect(await run("a,b", "-n", "--", "true")).toMatchObject({ code: 75 });
  expect(await isFree("a")).toBe(true);
  await held.release();
});

test("with --literal a comma is a part of the key", async () => {
  const { stdout } = await run("order,1", "--literal", "--", "sh", "-c", "echo $DISTLOCK_KEY");
  expect(stdout).toBe("order,1\n");
});

test("what a run around this one has left in the environment is not passed on", async () => {
  const around = { ...env, DISTLOCK_FENCES: '{"older":1}', DISTLOCK_KEY: "older", DISTLOCK_FENCE: "1" };
  const one = await distlock(["run", "inner", "--", "env"], { env: around });
  expect(one.stdout).toMatch(/^DISTLOCK_KEY=inner$/m);
  const two = await distlock(["run", "inner", "inner2", "--", "env"], { env: around });
  expect(two.stdout).toContain("DISTLOCK_FENCES={");
  expect(one.stdout + two.stdout).not.toMatch(/older|DISTLOCK_FENCE=1$/m);
});

test("everything behind the first -- belongs to the command", async () => {
  const { stdout } = await run("args", "--", "printf", "%s|", "--wait", "-n", "--", "a b", "");
  expect(stdout).toBe("--wait|-n|--|a b||");
});

test("--no-wait does not wait for a lock that is held: 75, or the code that is asked for", async () => {
  const held = await locker.acquire("busy");
  const refused = await run("busy", "--no-wait", "--", "echo", "ran");
  expect(refused).toMatchObject({ code: 75, stdout: "" });
  expect(refused.stderr).toMatch(/^distlock: failed to acquire lock "busy" .*held by "api-7:41" for .*\n$/);
  expect(await run("busy", "-n", "-E", "3", "--", "echo")).toMatchObject({ code: 3, stdout: "" });
  await held.release();
});

test("that somebody else does it is silent where it is success", async () => {
  const held = await locker.acquire("silent");
  const refused = await run("silent", "-n", "-E", "0", "--", "echo", "ran");
  expect(refused).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
  const verbose = await run("silent", "-n", "-E", "0", "-v", "--", "echo", "ran");
  expect(verbose).toMatchObject({ code: 0, stdout: "" });
  expect(verbose.stderr).toContain('held by "api-7:41"');
  await held.release();
});

test("--wait is the longest wait", async () => {
  const held = await locker.acquire("wait");
  expect(await run("wait", "--wait", "200ms", "--", "echo", "ran")).toMatchObject({ code: 75, stdout: "" });
  expect((await locker.inspect("wait")).waiting).toBe(0);
  const waits = launch(["run", "wait", "-v", "--wait", "1h", "--", "echo", "ran"], env);
  await waits.prints("stderr", /^distlock: waiting, 0 ahead$/m);
  await held.release();
  const { code, stdout, stderr } = await waits.ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: "ran\n" });
  const { fence } = await locker.inspect("wait");
  expect(stderr).toMatch(new RegExp(`^distlock: waited [\\d.]+m?s, fence ${fence}, ahead 0$`, "m"));
});

test("a label is the text of the user", async () => {
  const program = launch(["run", "label", "--label", "nächtlich", "--", "cat"], env);
  await expect.poll(async () => (await locker.inspect("label")).holder?.label, { timeout: 60_000 }).toBe("nächtlich");
  program.child.stdin.end();
  expect(await program.ended).toMatchObject({ code: 0 });
  const long = await run("label", "--label", "ä".repeat(25), "--", "echo", "ran");
  expect(long).toMatchObject({ code: 64, stdout: "" });
});

test.each([
  [["key"], /there is no command/],
  [["key", "--"], /there is no command/],
  [["--", "true"], /missing required argument 'key'/],
  [["key", "--wait", "5", "--", "true"], /A duration is a number with a unit/],
  [["key", "--conflict-exit-code", "256", "--", "true"], /An exit code is from 0 to 255/],
  [["key", "--on-lost", "kill", "--", "true"], /Allowed choices are term, ignore/],
  [["key", "--label", "--", "true"], /argument missing/],
  [["a,,b", "--", "true"], /key must not be empty/],
  [["key", "--ttl", "1ms", "--kill-after", "0s", "--", "true"], /ttl must be an integer from 3/],
])("wrong usage is 64, and the command does not run: %j", async (args, message) => {
  const ended = await run(...args);
  expect(ended).toMatchObject({ code: 64, stdout: "" });
  expect(ended.stderr).toMatch(message);
});

test("a server that is not there is 69", async () => {
  const ended = await run("key", "--url", "redis://127.0.0.1:1", "--timeout", "300ms", "--", "echo", "ran");
  expect(ended).toMatchObject({ code: 69, stdout: "" });
});

test("--wait-replicas does not run the command without replicas", async () => {
  const ended = await run("replicas", "--wait-replicas", "1", "--wait", "300ms", "--", "echo", "ran");
  expect(ended).toMatchObject({ code: 69, stdout: "" });
  expect(await isFree("replicas")).toBe(true);
});

test("a wait at a server that refuses says so once, and goes on until it is ended", async () => {
  const replica = await startRedis({ args: ["--replicaof", server.host, String(server.port)] });
  const program = launch(["run", "refused", "--", "true"], { DISTLOCK_URL: replica.url });
  await program.prints(
    "stderr",
    /^distlock: Redis does not grant the lock: .*(READONLY|MASTERDOWN|LOADING).*\. Still trying$/m,
  );
  program.signal("SIGTERM");
  expect(await program.ended).toMatchObject({ code: 143 });
  await replica.stop();
});

test("with --json the messages are objects, and standard output is the command's own", async () => {
  const { stdout, stderr, code } = await run("json", "--json", "--verbose", "--", "echo", "ran");
  expect({ stdout, code }).toEqual({ stdout: "ran\n", code: 0 });
  expect(
    stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([{ time: expect.any(Number), message: expect.stringMatching(/^waited .+, fence \d+, ahead 0$/) }]);
});
