import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { afterAll, afterEach, expect, test } from "vitest";
import { until } from "../../../test/support/until";
import { isAlive, linesOf, temporaryFolder } from "./support/programs";

const server = await startRedis();
const client = new Redis(server.port);
const locker = createLocker(ioredisDriver(client));
const folder = await temporaryFolder();
const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

const shells = new Set<ChildProcess>();
afterEach(() => {
  for (const { pid } of shells) process.kill(-pid!, "SIGKILL");
});

afterAll(async () => {
  await locker.close();
  client.disconnect();
  await server.stop();
});

/** Runs a line of a shell, whose pipes are real ones, as Node's are not. `$distlock` is the program, `$folder` a folder. */
function shell(line: string, input?: Buffer) {
  const env = { ...process.env, DISTLOCK_URL: server.url, distlock: `${process.execPath} ${main}`, folder };
  const child = spawn("sh", ["-c", line], { env, detached: true, stdio: ["pipe", "pipe", "inherit"] });
  shells.add(child);
  const parts: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => parts.push(part));
  child.stdin.on("error", () => {});
  if (input) child.stdin.end(input);
  return {
    child,
    ended: once(child, "close").then(([code]) => {
      shells.delete(child);
      return { code: code as number | null, stdout: Buffer.concat(parts) };
    }),
  };
}

const hash = (data: Buffer) => createHash("sha256").update(data).digest("hex");
const numbers = async (file: string) => (await linesOf(`${folder}/${file}`)).map(Number);
const isWritten = (file: string) => until(async () => (await linesOf(`${folder}/${file}`)).length > 0);

/** Resolves when a process has written nothing for a while: its pipe is full. */
async function untilStill(pid: number): Promise<void> {
  const written = () => readFile(`/proc/${pid}/io`, "utf8").catch(() => "unknown");
  for (let before = ""; before !== (await written()); ) {
    before = await written();
    await delay(100);
  }
}

/** Resolves when the holder would receive a message that it was forced out. */
async function untilListening(key: string): Promise<void> {
  await until(async () => (await client.get(key)) !== null);
  const inbox = (await client.get(key))!.split(":")[0];
  await until(async () => (await client.pubsub("NUMSUB", `distlock:${inbox}`))[1] === 1);
}

test("what is piped in comes out, to the byte", async () => {
  const data = randomBytes(8 * 1024 * 1024);
  const { code, stdout } = await shell("cat | $distlock run cat -- cat | cat", data).ended;
  expect(code).toBe(0);
  expect(hash(stdout)).toBe(hash(data));
});

test("distlock takes nothing from standard input: what the command leaves is for the next one", async () => {
  const { stdout } = await shell("$distlock run head -- true; cat", Buffer.from("all of it")).ended;
  expect(stdout.toString()).toBe("all of it");
});

test("a command whose reader has gone ends as it would alone", async () => {
  const { stdout } = await shell("{ $distlock run yes -- yes; echo $? >$folder/yes; } | head -n 1").ended;
  expect(stdout.toString()).toBe("y\n");
  expect(await numbers("yes")).toEqual([128 + 13]);
});

test("messages in the same pipe do no harm to a command that writes more than the pipe takes", async () => {
  const size = 1_000_000;
  // A pipe that became non-blocking would end "head" with an error, since its reader is slow.
  const command = `sh -c "echo on >$folder/slow; read line; head -c ${size} /dev/zero >&2"`;
  const run = `{ $distlock run slow --on-lost ignore -- ${command}; echo $? >$folder/slow-code; } 2>&1 >/dev/null`;
  const reader = '{ read lost; echo "$lost"; until [ -e $folder/go ]; do sleep 0.05; done; wc -c; }';
  const { child, ended } = shell(`${run} | ${reader}`);
  await isWritten("slow");
  await untilListening("slow");
  await locker.forceRelease("slow");
  await once(child.stdout, "data");
  child.stdin.write("\n");
  // Enough for "head" to fill the pipe. If it does not, the test sees less.
  await delay(300);
  await writeFile(`${folder}/go`, "");
  const { stdout } = await ended;
  expect(await numbers("slow-code")).toEqual([0]);
  expect(stdout.toString()).toMatch(new RegExp(`LOST THE LOCK.*\\n\\s*${size}\\n$`));
});

test("a pipe that nobody reads does not keep a lost command alive, nor distlock", async () => {
  const command = `sh -c 'trap "" TERM; echo $$ >$folder/full; while :; do echo full of lines; done'`;
  const run = `{ $distlock run full -k 300ms -- ${command}; echo $? >$folder/full-code; } 2>&1`;
  const { child } = shell(`${run} | sleep 120`);
  await isWritten("full");
  const [pid] = await numbers("full");
  await untilListening("full");
  await untilStill(pid!);
  await locker.forceRelease("full");
  await isWritten("full-code");
  expect(await numbers("full-code")).toEqual([79]);
  expect(isAlive(pid!)).toBe(false);
  process.kill(-child.pid!, "SIGKILL");
});

test("a standard error that is closed does no harm", async () => {
  const { stdout } = await shell(
    "$distlock run closed -v -- echo ran 2>&-; $distlock run closed -v -- echo ran 2>/dev/full",
  ).ended;
  expect(stdout.toString()).toBe("ran\nran\n");
});

test("messages in a file do not overwrite what the command writes there", async () => {
  const run = "$distlock run file -v -- sh -c 'echo one; echo two >&2'";
  const { stdout } = await shell(`${run} >$folder/file 2>&1; sed 's/ed .*, fence .*/ed/' $folder/file`).ended;
  expect(stdout.toString()).toBe("distlock: waited\none\ntwo\n");
});
