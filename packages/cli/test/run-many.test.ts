import { join } from "node:path";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { untilWaiting } from "../../../test/support/until";
import { isAlive, killAfterEach, launch, linesOf, temporaryFolder, untilGone } from "./support/programs";

const server = await startRedis();
const client = new Redis(server.port);
const locker = createLocker(ioredisDriver(client));
const env = { DISTLOCK_URL: server.url };
const folder = await temporaryFolder();
killAfterEach();

afterAll(async () => {
  await locker.close();
  client.disconnect();
  await server.stop();
});

const COPIES = 20;
const copies = (start: (copy: string) => readonly string[]) =>
  [...Array(COPIES).keys()].map((copy) => launch(["run", ...start(`copy-${copy}`)], env));

test("of 20 copies at once with --no-wait, exactly one runs", async () => {
  const log = join(folder, "once");
  // The one that runs does so until all others have ended.
  const programs = copies((copy) => [
    "guard",
    "-n",
    "--",
    "sh",
    "-c",
    `echo ${copy} >>"$1"; echo on; read line`,
    "sh",
    log,
  ]);
  const others = COPIES - 1;
  const codes: (number | null)[] = [];
  await new Promise<void>((resolve) => {
    for (const { ended } of programs) {
      void ended.then(({ code }) => {
        codes.push(code);
        if (codes.length === others) resolve();
      });
    }
  });
  expect(codes).toEqual(Array(others).fill(75));
  for (const { child } of programs) child.stdin.on("error", () => {}).end();
  const ends = await Promise.all(programs.map(({ ended }) => ended));
  // The shell's "read" fails at the end of its input.
  expect(ends.filter(({ stdout }) => stdout === "on\n")).toHaveLength(1);
  expect(await linesOf(log)).toHaveLength(1);
});

test("20 copies run one after the other, in the order of arrival, and never two at once", async () => {
  const log = join(folder, "turns");
  const held = await locker.acquire("turns", { autoExtend: true });
  const script = 'echo begin $1 >>"$2"; sleep 0.01; echo end $1 >>"$2"';
  const programs = copies((copy) => ["turns", "--label", copy, "--", "sh", "-c", script, "sh", copy, log]);
  await untilWaiting(locker, "turns", COPIES);
  const arrived = (await locker.inspect("turns")).waiters.map(({ label }) => label);
  await held.release();
  const ends = await Promise.all(programs.map(({ ended }) => ended));
  expect(ends.map(({ code }) => code)).toEqual(Array(COPIES).fill(0));
  expect(new Set(arrived).size).toBe(COPIES);
  expect(await linesOf(log)).toEqual(arrived.flatMap((copy) => [`begin ${copy}`, `end ${copy}`]));
});

test("after kill -9 of the holder the next one runs within the ttl; the command goes on meanwhile", async () => {
  const args = (text: string) => ["run", "crash", "--ttl", "2s", "-k", "500ms", "--", "sh", "-c", text];
  const holder = launch(args("echo $$; exec sleep 60"), env);
  const [, command] = await holder.prints("stdout", /^(\d+)$/m);
  const next = launch(args("echo next"), env);
  await untilWaiting(locker, "crash", 1);
  holder.signal("SIGKILL");
  await next.prints("stdout", /next/);
  // Nobody stopped the command, so the end of the lease freed the lock.
  expect(isAlive(Number(command))).toBe(true);
  expect(await next.ended).toMatchObject({ code: 0 });
  process.kill(Number(command), "SIGKILL");
  await untilGone([Number(command)]);
});
