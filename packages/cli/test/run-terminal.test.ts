import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { until } from "../../../test/support/until";
import { isAlive, linesOf, temporaryFolder } from "./support/programs";
import { openTerminal, withTerminals } from "./support/terminal";

const server = await startRedis();
const client = new Redis(server.port);
const locker = createLocker(ioredisDriver(client));
const folder = await temporaryFolder();
const env = { DISTLOCK_URL: server.url, folder, node: process.execPath };
await withTerminals();

afterAll(async () => {
  await locker.close();
  client.disconnect();
  await server.stop();
});

const isHeld = async (key: string) => (await locker.inspect(key)).held;

/** As an editor: it reads keys in raw mode, stops itself alone at Ctrl-Z, and ends at "q". */
const editor = `
process.stdin.setRawMode(true);
const draw = (text) => process.stdout.write("\\r\\n[" + text + "]\\r\\n");
process.on("SIGCONT", () => { process.stdin.setRawMode(true); draw("continued"); });
process.stdin.on("data", (data) => {
  const key = data.toString();
  if (key === "q") process.exit(5);
  if (key === "\\x1a") { process.stdin.setRawMode(false); process.kill(process.pid, "SIGTSTP"); }
  else draw("key " + JSON.stringify(key) + " of " + process.stdout.columns + " columns");
});
draw("open");`;
/** Counts the signals that it receives, and ends at the end of its input. */
const counter = `
const counted = {};
for (const name of ["INT", "QUIT", "WINCH", "TERM", "HUP", "USR1"]) process.on("SIG" + name, () => {
  counted[name] = (counted[name] ?? 0) + 1;
  console.log("\\n" + JSON.stringify(counted));
});
process.stdin.resume().on("end", () => process.exit(8));
console.log("counting " + process.ppid);`;
await writeFile(join(folder, "editor.cjs"), editor);
await writeFile(join(folder, "counter.cjs"), counter);

test("a program in raw mode reads keys, stops itself with Ctrl-Z, continues with fg, and ends", async () => {
  const terminal = await openTerminal({ env, columns: 100 });
  await terminal.type("$distlock run editor -- $node $folder/editor.cjs");
  await terminal.shows(/\[open\]/);
  await terminal.press("C-c");
  await terminal.shows(/\[key "\\u0003" of 100 columns\]/);
  await terminal.press("C-z");
  await terminal.shows(/ready>\s*$/);
  expect(await isHeld("editor")).toBe(true);
  await terminal.type("fg");
  await terminal.shows(/\[continued\]/);
  await terminal.press("x");
  await terminal.shows(/\[key "x" of/);
  await terminal.press("q");
  await terminal.type("echo code $?");
  await terminal.shows(/code 5/);
  expect(await isHeld("editor")).toBe(false);
});

test("vi edits a file, with Ctrl-Z and fg on the way", async ({ skip }) => {
  const terminal = await openTerminal({ env });
  await terminal.type("command -v vi >/dev/null; echo code $?");
  if (/code 1/.test(await terminal.shows(/code \d+/))) skip();
  await terminal.type("$distlock run vi -- vi $folder/text");
  await terminal.shows(/^~/m);
  await terminal.press("i", "o", "n", "e", "Escape");
  await terminal.press("C-z");
  await terminal.shows(/ready>\s*$/);
  await terminal.type("fg");
  await terminal.shows(/^one *\n~/m);
  await terminal.type(":wq");
  await terminal.type("echo code $?");
  await terminal.shows(/code 0/);
  expect(await readFile(join(folder, "text"), "utf8")).toBe("one\n");
});

test("Ctrl-C reaches the command once, and distlock lives until the command has ended", async () => {
  const terminal = await openTerminal({ env });
  await terminal.type("$distlock run counter -- $node $folder/counter.cjs; echo code $?");
  const [, pid] = /counting (\d+)/.exec(await terminal.shows(/counting \d+/))!;
  await terminal.press("C-c");
  await terminal.shows(/\{"INT":1\}/);
  await terminal.press("C-\\");
  await terminal.shows(/\{"INT":1,"QUIT":1\}/);
  for (const name of ["SIGUSR1", "SIGHUP", "SIGTERM"] as const) {
    process.kill(Number(pid), name);
    await terminal.shows(new RegExp(`"${name.slice(3)}":1`));
  }
  // Later signals show that nothing came twice.
  await terminal.shows(/^\{"INT":1,"QUIT":1,"USR1":1,"HUP":1,"TERM":1\}$/m);
  expect(await isHeld("counter")).toBe(true);
  await terminal.press("C-d");
  await terminal.shows(/code 8/);
  expect(await isHeld("counter")).toBe(false);
});

test("Ctrl-C ends a command and the loop of the shell around it", async () => {
  const terminal = await openTerminal({ env });
  await terminal.type("for i in 1 2 3; do $distlock run loop -- sh -c 'echo round; exec sleep 60'; done");
  await terminal.shows(/^round/m);
  await terminal.press("C-c");
  await terminal.shows(/ready>\s*$/);
  expect((await terminal.screen()).match(/^round/gm)).toHaveLength(1);
  await terminal.type("echo code $?");
  await terminal.shows(/code 130/);
});

test("Ctrl-C ends the wait for a lock", async () => {
  const held = await locker.acquire("wait", { autoExtend: true });
  const terminal = await openTerminal({ env });
  await terminal.type("$distlock run wait -v -- echo ran; echo code $?");
  await terminal.shows(/waiting, 0 ahead/);
  await terminal.press("C-c");
  await terminal.type("echo code $?");
  await terminal.shows(/code 130/);
  await until(async () => (await locker.inspect("wait")).waiting === 0);
  await held.release();
});

test("Ctrl-Z for longer than the lease: the loss is noticed at fg, and the command is stopped", async () => {
  const terminal = await openTerminal({ env });
  await terminal.type("$distlock run short --ttl 1s -k 300ms -- sh -c 'echo $$ >$folder/short; exec cat'");
  await until(async () => (await linesOf(`${folder}/short`)).length > 0);
  await terminal.press("C-z");
  const next = await locker.acquire("short", { timeout: 60_000, autoExtend: true });
  await terminal.shows(/ready>\s*$/);
  await terminal.type("fg");
  await terminal.shows(/LOST THE LOCK/);
  await terminal.type("echo code $?");
  await terminal.shows(/code 79/);
  expect(isAlive(Number((await linesOf(`${folder}/short`))[0]))).toBe(false);
  expect(next.isHeld).toBe(true);
  await next.release();
});

test("a pipe in a terminal: Ctrl-Z stops the whole of it, and fg continues it", async () => {
  const terminal = await openTerminal({ env });
  await terminal.type("cat | $distlock run pipe -- sed -u s/a/A/ | cat");
  await until(() => isHeld("pipe"));
  await terminal.type("abc");
  await terminal.shows(/^Abc$/m);
  await terminal.press("C-z");
  await terminal.shows(/ready>\s*$/);
  await terminal.type("fg");
  await terminal.type("axe");
  await terminal.shows(/^Axe$/m);
  await terminal.press("C-d");
  await terminal.type("echo code $?");
  await terminal.shows(/code 0/);
});

test("a lost lock stops the command and its children, but neither the script around it nor the other end of the pipe", async () => {
  const terminal = await openTerminal({ env });
  await writeFile(
    join(folder, "script.sh"),
    `{ $distlock run lost -k 300ms -- sh -c '
      sh -c "sleep 60 & echo \\$! >>$folder/lost"
      trap "" TERM
      sh -c "sleep 60 & echo \\$! \\$\\$ >>$folder/lost; wait" &
      echo $$ done >>$folder/lost
      wait'; echo code $?; } 2>&1 | cat
    echo script goes on`,
  );
  await terminal.type("sh $folder/script.sh");
  await until(async () => (await linesOf(`${folder}/lost`)).length === 3);
  const inbox = (await client.get("lost"))!.split(":")[0];
  await until(async () => (await client.pubsub("NUMSUB", `distlock:${inbox}`))[1] === 1);
  await locker.forceRelease("lost", { reason: "by hand" });
  await terminal.shows(/LOST THE LOCK[\s\S]*code 79[\s\S]*script goes on/);
  const pids = (await readFile(`${folder}/lost`, "utf8")).match(/\d+/g)!.map(Number);
  expect(pids).toHaveLength(4);
  expect(pids.filter(isAlive)).toEqual([]);
});
