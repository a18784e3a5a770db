import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { until, untilWaiting } from "../../../test/support/until";
import { isStopped } from "../src/run/processes";
import { isAlive, killAfterEach, launch, untilGone } from "./support/programs";

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

const isHeld = async (key: string) => (await locker.inspect(key)).held;

/** Whether a process listens to SIGUSR2. Node by itself does not. */
const catchesUsr2 = (pid: number): boolean => {
  const [, mask] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return ((BigInt(`0x${mask}`) >> BigInt(constants.signals.SIGUSR2 - 1)) & 1n) === 1n;
};

/** A Node program that names each signal, and ends with 9 when its standard input does. */
const namesSignals = `
for (const name of ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "WINCH", "CONT"]) process.on("SIG" + name, () => console.log(name));
process.stdin.resume().on("end", () => process.exit(9));
console.log("ready", process.pid);`;

test("each signal reaches the command once, a second TERM too, and the lock is held until the command has ended", async () => {
  const program = launch(["run", "signals", "--", process.execPath, "-e", namesSignals], env);
  await program.prints("stdout", /ready/);
  const sent = ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "WINCH", "CONT", "TERM"];
  for (const [i, name] of sent.entries()) {
    program.signal(`SIG${name}` as NodeJS.Signals);
    await until(async () => program.printed.stdout.split("\n").length > i + 2);
  }
  expect(program.printed.stdout.split("\n").slice(1, -1)).toEqual(sent);
  expect(await isHeld("signals")).toBe(true);
  program.child.stdin.end();
  expect(await program.ended).toMatchObject({ code: 9, signal: null, stderr: "" });
  expect(await isHeld("signals")).toBe(false);
});

test("the children of the command receive a signal too", async () => {
  const child = `trap "echo child; exit" HUP; echo ready $$; while :; do sleep 0.05; done`;
  const script = `trap "echo parent; wait; exit 3" HUP; sh -c '${child}' & wait`;
  const program = launch(["run", "group", "--", "sh", "-c", script], env);
  const [, pid] = await program.prints("stdout", /ready (\d+)/);
  program.signal("SIGHUP");
  expect(await program.ended).toMatchObject({ code: 3 });
  expect(program.printed.stdout.split("\n").slice(1).sort()).toEqual(["", "child", "parent"]);
  expect(isAlive(Number(pid))).toBe(false);
});

test.each(["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const)(
  "%s ends a command that does nothing about it",
  async (name) => {
    const code = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 }[name];
    const program = launch(["run", "default", "--", "sh", "-c", "ulimit -c 0; echo ready; exec sleep 60"], env);
    await program.prints("stdout", /ready/);
    program.signal(name);
    expect(await program.ended).toMatchObject({ code, signal: null, stderr: "" });
    expect(await isHeld("default")).toBe(false);
  },
);

test("a command that ignores TERM goes on, as it would alone", async () => {
  const program = launch(["run", "ignores", "--", "sh", "-c", 'trap "" TERM; echo ready; read line; exit 6'], env);
  await program.prints("stdout", /ready/);
  program.signal("SIGTERM");
  program.signal("SIGTERM");
  // A signal that is handled in between shows that distlock has read those before it.
  program.child.stdin.write("\n");
  expect(await program.ended).toMatchObject({ code: 6 });
});

test.each(["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const)(
  "%s ends the wait for the lock, and nothing is left in the queue",
  async (name) => {
    const code = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 }[name];
    const held = await locker.acquire("wait", { autoExtend: true });
    const program = launch(["run", "wait", "--", "echo", "ran"], env);
    await untilWaiting(locker, "wait", 1);
    // They are for a command that runs.
    for (const other of ["SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT"] as const) program.signal(other);
    program.signal(name);
    program.signal(name);
    expect(await program.ended).toEqual({ code, signal: null, stdout: "", stderr: "" });
    expect((await locker.inspect("wait")).waiting).toBe(0);
    await held.release();
    expect(await isHeld("wait")).toBe(false);
  },
);

test.runIf(process.platform === "linux")(
  "a signal while the server does not answer ends distlock at once",
  async () => {
    const frozen = await startRedis();
    await frozen.signal("SIGSTOP");
    const program = launch(["run", "key", "--timeout", "10m", "--", "echo", "ran"], { DISTLOCK_URL: frozen.url });
    // It has nothing to print until then.
    await until(async () => catchesUsr2(program.pid));
    program.signal("SIGTERM");
    expect(await program.ended).toMatchObject({ code: 143, stdout: "" });
    await frozen.signal("SIGCONT");
    await frozen.stop();
  },
);

test("a signal at any moment of the start leaves neither a lock nor a command", async () => {
  const begun = performance.now();
  await launch(["run", "moment", "--", "true"], env).ended;
  const whole = performance.now() - begun;
  const moments = [...Array(8).keys()].map((i) => (whole * (i + 3)) / 10);
  for (const moment of moments) {
    const program = launch(["run", "moment", "--", "sh", "-c", "echo $$; exec sleep 60"], env);
    await new Promise((resolve) => setTimeout(resolve, moment));
    program.signal("SIGTERM");
    const { code, signal, stdout } = await program.ended;
    expect([143, "SIGTERM"]).toContain(code ?? signal);
    await untilGone(stdout.split("\n").filter(Boolean).map(Number));
    // A program that had no listener yet could not have the lock either.
    expect(await isHeld("moment")).toBe(false);
    expect((await locker.inspect("moment")).waiting).toBe(0);
  }
});

test("a stop of distlock stops the command with it, and both go on together", async () => {
  const program = launch(["run", "stop", "--", process.execPath, "-e", namesSignals], env);
  const [, pid] = await program.prints("stdout", /ready (\d+)/);
  program.signal("SIGTSTP");
  await until(async () => [program.pid, Number(pid)].every(isStopped));
  program.signal("SIGCONT");
  await program.prints("stdout", /CONT/);
  expect([program.pid, Number(pid)].some(isStopped)).toBe(false);
  program.child.stdin.end();
  expect(await program.ended).toMatchObject({ code: 9 });
});

test("a stop that is longer than the lease ends the command when it continues", async () => {
  const program = launch(
    ["run", "long-stop", "--ttl", "1s", "-k", "300ms", "--", "sh", "-c", "echo $$; exec sleep 60"],
    env,
  );
  const [, pid] = await program.prints("stdout", /(\d+)/);
  program.signal("SIGTSTP");
  const next = await locker.acquire("long-stop", { timeout: 60_000 });
  expect(isStopped(Number(pid))).toBe(true);
  program.signal("SIGCONT");
  expect(await program.ended).toMatchObject({ code: 79, stderr: expect.stringContaining("LOST THE LOCK") });
  expect(isAlive(Number(pid))).toBe(false);
  await next.release();
});
