import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { until, untilWaiting } from "../../../test/support/until";
import { isAlive, killAfterEach, launch, type Program, untilGone } from "./support/programs";

const server = await startRedis();
const proxy = await startFaultProxy(server);
const client = new Redis(server.port);
const locker = createLocker(ioredisDriver(client));
const env = { DISTLOCK_URL: server.url };
killAfterEach();

afterAll(async () => {
  await locker.close();
  client.disconnect();
  await proxy.stop();
  await server.stop();
});

/** A command with a child and a grandchild in the background; it prints the ids of all three. */
const family = `sh -c 'sleep 60 & echo $! $$ >&3; wait' 3>&1 & echo $$; wait`;
/** All three ignore TERM. */
const stubborn = `trap "" TERM; ${family.replace("sleep 60", "sleep 60 ")}`;

/** Starts a command under the lock; resolves when it and its two descendants run. */
async function hold(key: string, options: readonly string[], text: string, url = server.url) {
  const program = launch(["run", key, ...options, "--", "sh", "-c", text], { ...env, DISTLOCK_URL: url });
  const pids = async () => {
    await program.prints("stdout", /(\d+)\s+(\d+)\s+(\d+)\s/);
    return program.printed.stdout.match(/\d+/g)!.map(Number);
  };
  const found = { program, pids: await pids() };
  if (!options.includes("--ttl")) await untilListening(key.split(",")[0]!);
  return found;
}

/** Resolves when the holder would receive a message. Before that, it notices at its next extension, after 10 s. */
async function untilListening(key: string): Promise<void> {
  const inbox = (await client.get(key))!.split(":")[0];
  await until(async () => (await client.pubsub("NUMSUB", `distlock:${inbox}`))[1] === 1);
}

async function expectLost({ program, pids }: { program: Program; pids: readonly number[] }, message: RegExp) {
  const { code, signal, stderr } = await program.ended;
  expect({ code, signal, alive: pids.filter(isAlive) }).toEqual({ code: 79, signal: null, alive: [] });
  expect(stderr).toMatch(message);
}

test("a lock that was forced out: the command, its child and its grandchild are stopped, and the reason is said", async () => {
  const held = await hold("stolen", [], family);
  const { fence } = await locker.inspect("stolen");
  await locker.forceRelease("stolen", { reason: "deploy \u001b[31m of api" });
  const said = `LOST THE LOCK \\(fence ${fence}\\): .*"stolen": it was forced out: "deploy \\\\u001b\\[31m of api"`;
  await expectLost(held, new RegExp(`^distlock: ${said}\\. Noticed \\d+m?s late; the command gets TERM now.*\\n$`));
});

test("a lock of several keys is lost as a whole", async () => {
  const held = await hold("several-1,several-2", [], family);
  await locker.forceRelease("several-2");
  await expectLost(held, /LOST THE LOCK \(fences several-1=\d+ several-2=\d+\)/);
});

test("a command, a child and a grandchild that ignore TERM are killed after --kill-after", async () => {
  const held = await hold("stubborn", ["-k", "300ms"], stubborn);
  await locker.forceRelease("stubborn");
  await expectLost(held, /KILL in 300ms/);
});

test("a command that ends at TERM does not save a child that ignores it", async () => {
  const text = `sh -c 'trap "" TERM; sleep 60 & echo $! $$ >&3; wait' 3>&1 & echo $$; wait`;
  const held = await hold("childless", ["-k", "300ms"], text);
  await locker.forceRelease("childless");
  await expectLost(held, /LOST THE LOCK/);
});

test("children that left the process group are stopped too", async () => {
  const leave = `require("child_process").spawn("sleep", ["60"], { detached: true, stdio: "ignore" }).pid`;
  const text = `${process.execPath} -e 'console.log(${leave}, process.pid); setTimeout(() => {}, 60_000)' & echo $$; wait`;
  const held = await hold("groups", [], text);
  await locker.forceRelease("groups");
  await expectLost(held, /LOST THE LOCK/);
});

test("a stopped command is stopped for good all the same", async () => {
  const held = await hold("stopped", ["-k", "60s"], family);
  for (const pid of held.pids) process.kill(pid, "SIGSTOP");
  await locker.forceRelease("stopped");
  await expectLost(held, /LOST THE LOCK/);
});

test("a command that handles TERM can end in its own way, and the code is 79 all the same", async () => {
  const text = 'trap "echo cleaned; kill \\$!; exit 0" TERM; sleep 60 & echo $! $$ 0; wait';
  const program = launch(["run", "clean", "--", "sh", "-c", text], env);
  await program.prints("stdout", / 0$/m);
  await untilListening("clean");
  await locker.forceRelease("clean");
  expect(await program.ended).toMatchObject({ code: 79, stdout: expect.stringMatching(/cleaned\n$/) });
});

test("with --on-lost ignore the command goes on, and its code comes through", async () => {
  const program = launch(
    ["run", "ignored", "--on-lost", "ignore", "--", "sh", "-c", "echo on; read line; exit 4"],
    env,
  );
  await program.prints("stdout", /on/);
  await untilListening("ignored");
  await locker.forceRelease("ignored");
  await program.prints("stderr", /LOST THE LOCK.*the command goes on\n/);
  program.child.stdin.end("\n");
  expect(await program.ended).toMatchObject({ code: 4 });
});

test("--max-hold ends the lock, and the command", async () => {
  const held = await hold("max", ["--ttl", "600ms", "--max-hold", "1s", "-k", "200ms"], family);
  await expectLost(held, /maxHold was reached/);
});

test("--max-hold ends the lock in time, even if the ttl is longer", async () => {
  const { program } = await hold("max-short", ["--ttl", "20s", "--max-hold", "1s", "-k", "200ms"], family);
  expect((await locker.inspect("max-short")).remaining).toBeLessThanOrEqual(1_000);
  expect(await program.ended).toMatchObject({ code: 79, stderr: expect.stringMatching(/LOST THE LOCK/) });
});

test("the lease is extended while the command runs", async () => {
  const { program, pids } = await hold("long", ["--ttl", "600ms", "-k", "200ms"], family);
  const waiter = locker.acquire("long", { timeout: 2_000 });
  await expect(waiter).rejects.toThrow(/held by/);
  expect(pids.filter(isAlive)).toEqual(pids);
  program.signal("SIGTERM");
  expect(await program.ended).toMatchObject({ code: 143, stderr: "" });
});

test("a distlock that stood still for longer than the lease stops the command, and says how late it is", async () => {
  const held = await hold("frozen", ["--ttl", "1s", "-k", "300ms"], family);
  held.program.signal("SIGSTOP");
  const next = await locker.acquire("frozen", { timeout: 60_000, autoExtend: true });
  held.program.signal("SIGCONT");
  await expectLost(held, /LOST THE LOCK .* Noticed .* late/);
  // The lock of the other one is untouched.
  expect(next.isHeld).toBe(true);
  await next.release();
});

test("a Redis that cannot be reached any more: the command is stopped at the end of the lease", async () => {
  const held = await hold("cut", ["--ttl", "1s", "-k", "300ms"], family, proxy.url);
  proxy.set("cut");
  await expectLost(held, /LOST THE LOCK .*its lease of 1000 ms ended/);
  proxy.set("pass");
});

test("a Redis that comes back within the lease does no harm", async () => {
  const { program, pids } = await hold("short-cut", ["--ttl", "20s"], family, proxy.url);
  proxy.set("cut");
  await program.prints("stdout", /\d/);
  proxy.set("pass");
  await untilWaiting(locker, "short-cut", 0);
  expect(pids.filter(isAlive)).toEqual(pids);
  program.signal("SIGTERM");
  expect(await program.ended).toMatchObject({ code: 143 });
  expect((await locker.inspect("short-cut")).held).toBe(false);
});

test("a Redis that is gone when the command ends: a warning, and the command's own code", async () => {
  const program = launch(["run", "gone", "--timeout", "300ms", "--", "sh", "-c", "echo on; read line; exit 5"], {
    DISTLOCK_URL: proxy.url,
  });
  await program.prints("stdout", /on/);
  proxy.set("cut");
  program.child.stdin.end("\n");
  expect(await program.ended).toMatchObject({
    code: 5,
    stderr: expect.stringMatching(/^distlock: the lock is not released: .*It is free after 30\.0s at the latest\n$/),
  });
  proxy.set("pass");
});

test("a lock that was lost unnoticed before the command ended is 79", async () => {
  const program = launch(["run", "unnoticed", "--", "sh", "-c", "echo on; read line"], env);
  await program.prints("stdout", /on/);
  // As another library, or an operator with redis-cli, would: without a message.
  await client.del("unnoticed");
  program.child.stdin.end("\n");
  expect(await program.ended).toMatchObject({
    code: 79,
    // An extension may notice it first.
    stderr: expect.stringMatching(
      /^distlock: (the lock was lost before the command ended \(exit code 0\): |LOST THE LOCK)/,
    ),
  });
});

test("a ttl that is short for the time that a lost command has is warned of", async () => {
  const warned = await launch(["run", "short", "--ttl", "5s", "--", "true"], env).ended;
  expect(warned).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^distlock: after a loss .*--kill-after 5\.0s/),
  });
  expect(await launch(["run", "short", "--ttl", "5s", "-k", "1s", "--", "true"], env).ended).toMatchObject({
    stderr: "",
  });
});

test("a frozen and a killed Redis: the command is stopped, and distlock ends", async () => {
  const other = await startRedis();
  const frozen = await hold("frozen-redis", ["--ttl", "1s", "-k", "300ms"], stubborn, other.url);
  await other.signal("SIGSTOP");
  await expectLost(frozen, /LOST THE LOCK/);
  await other.signal("SIGCONT");
  const killed = await hold("killed-redis", ["--ttl", "1s", "-k", "300ms"], family, other.url);
  await other.signal("SIGKILL");
  await expectLost(killed, /LOST THE LOCK/);
  await other.stop();
});

test("what the command leaves running in the background runs on, and the lock is free", async () => {
  const program = launch(["run", "left", "--", "sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"], env);
  const [, pid] = await program.prints("stdout", /^(\d+)$/m);
  expect(await program.ended).toMatchObject({ code: 0 });
  expect(isAlive(Number(pid))).toBe(true);
  expect((await locker.inspect("left")).held).toBe(false);
  process.kill(Number(pid), "SIGKILL");
  await untilGone([Number(pid)]);
});
