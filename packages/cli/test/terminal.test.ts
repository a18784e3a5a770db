import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startFaultProxy } from "@distlock/testing";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { untilWaiting } from "../../../test/support/until";
import { openScene } from "./support/scene";
import { openWindow, type Window, widest } from "./support/window";

const scene = await openScene();
const { locker, server } = scene;
const env = { DISTLOCK_URL: server.url };
let window: Window;

afterEach(async () => {
  await window.close();
  await scene.clear();
});
afterAll(scene.stop);

const isPrompt = (lines: readonly string[]) => lines.filter((line) => line !== "").at(-1) === "$";
/** The output of a command that has ended, without the command and the prompt behind it. */
const output = async () =>
  (await window.until((lines) => isPrompt(lines) && lines[0] !== "$")).filter((line) => line !== "").slice(1, -1);
const has =
  (...texts: readonly string[]) =>
  (lines: readonly string[]) =>
    texts.every((text) => lines.join("\n").includes(text));

const long = `memory:${"session-".repeat(10)}42`;
const label = "deploy@build-host-17.example:4711 node index.js";

describe.each([80, 200])("with %i columns", (columns) => {
  beforeEach(async () => {
    window = await openWindow({ columns, rows: 24, env });
    await locker.acquire(long, { label, ttl: 600_000 });
    await locker.acquire("日本語:実行中の長い名前のジョブ", { label: "ホスト-7:41", ttl: 600_000 });
    await locker.acquire("cron:nightly", { ttl: 600_000 });
    await scene.wait("cron:nightly", "first", label);
  });

  /** Cut only where it must be, and never the fence. */
  function expectCut(lines: readonly string[]): void {
    expect(widest(lines)).toBeLessThanOrEqual(columns);
    const text = lines.join("\n");
    expect(text).toContain("cron:nightly");
    if (columns === 80) expect(text).toMatch(/^memory:?.*….*42 {2}deploy@.*… {2}/m);
    else expect(text).toContain(`${long}  `);
  }

  test("ls fits: keys and labels are cut, numbers are whole, nothing is wrapped", async () => {
    await window.enter("distlock ls");
    const lines = await output();
    expect(lines).toHaveLength(4);
    expectCut(lines);
    for (const line of lines.slice(1)) expect(line).toMatch(/ {2}\d{16}$/);
    expect(await window.colored()).toContain("\u001b[1mKEY");
    await window.enter("clear; distlock ls --no-color");
    await window.until((now) => has("FENCE")(now) && isPrompt(now));
    expect(await window.colored()).not.toContain("\u001b[1m");
  });

  test("inspect fits, too", async () => {
    await window.enter(`distlock inspect cron:nightly; distlock inspect ${long}`);
    const lines = await window.until((now) => has("first", "fence", "deploy@")(now) && isPrompt(now));
    expect(widest(lines.slice(lines.findIndex((line) => line.startsWith("key "))))).toBeLessThanOrEqual(columns);
  });

  test("watch fills the screen, the longest wait first, and q restores the terminal", async () => {
    await scene.wait(long, "second");
    await window.enter("distlock watch; echo code $?");
    const lines = await window.until(has("3 held, 2 waited for", "日本語"));
    expectCut(lines);
    expect(lines.slice(2, 4)).toEqual([expect.stringMatching(/^KEY /), expect.stringMatching(/^cron:nightly /)]);
    expect(lines[4]).toMatch(columns === 80 ? /^memory.*…/ : /^memory:session/);
    for (const line of lines.slice(3, 6)) expect(line).toMatch(/ {2}\d{16}$/);
    expect(await window.ask("#{alternate_on} #{cursor_flag}")).toBe("1 0");
    await window.press("q");
    await window.until(has("code 0"));
    expect(await window.ask("#{alternate_on} #{cursor_flag} #{wrap_flag}")).toBe("0 1 1");
  });
});

describe("watch", () => {
  beforeEach(async () => {
    window = await openWindow({ columns: 100, rows: 16, env });
  });

  const leftOf = (lines: readonly string[], key: string): number =>
    Number(new RegExp(`^${key} .* (\\d+\\.\\d)s +0 `).exec(lines.find((line) => line.startsWith(key)) ?? "")?.[1]);

  test("counts leases down between two looks, and follows the size of the terminal", async () => {
    await locker.acquire("job", { ttl: 50_000 });
    await window.enter("distlock watch --interval 1h");
    const first = leftOf(await window.until(has("job")), "job");
    await window.until((lines) => leftOf(lines, "job") < first - 0.5);
    await window.resize(60, 10);
    const lines = await window.until((now) => now.length <= 11 && has("job")(now) && widest(now) <= 60);
    expect(lines.join("\n")).toContain("…");
    expect(lines.find((line) => line.startsWith("job"))).toMatch(/\d{16}$/);
  });

  test("shows the changes, the newest first, and how many locks have no room", async () => {
    await window.enter("distlock watch --interval 100ms");
    await window.until(has("no lock is held"));
    const lock = await locker.acquire("job");
    await window.until(has("granted"));
    const next = locker.acquire("job", { label: "next" });
    await untilWaiting(locker, "job", 1);
    await window.until(has("1 waited for"));
    await lock.release();
    const handed = await window.until(has("handed-over"));
    expect(handed.findIndex((line) => line.includes("handed-over"))).toBeLessThan(
      handed.findIndex((line) => line.includes("granted")),
    );
    await (await next).release();
    await window.until(has("released", "0 held"));
    await locker.acquire(Array.from({ length: 30 }, (_, i) => `key:${i}`));
    const lines = await window.until(has("30 held"));
    const shown = lines.filter((line) => /^key:\d+ /.test(line)).length;
    expect(lines).toContain(`and ${30 - shown} more`);
    expect(lines[0]).toMatch(/^distlock watch/);
  });

  test("control characters of a key and a label do nothing to the screen", async () => {
    await locker.acquire("\u001b[2Jkey\r\n", { label: "\u001b[5Hlabel\u009b1A" });
    await window.enter("distlock watch");
    const lines = await window.until(has("1 held", "label"));
    expect(lines[3]).toMatch(/^\\u001b\[2Jkey\\r\\n {2}\\u001b\[5Hlabel\\u009b1A /);
  });

  test("says that the server is away, for how long, and goes on when it is back", async () => {
    const proxy = await startFaultProxy(server);
    await locker.acquire("job", { ttl: 600_000 });
    await window.enter(`distlock watch --interval 100ms --timeout 500ms --url ${proxy.url}`);
    await window.until(has("job"));
    proxy.set("cut");
    await window.until((lines) => has("job")(lines) && /^no answer for \d/.test(lines[1] ?? ""));
    await locker.acquire("later", { ttl: 600_000 });
    proxy.set("pass");
    await window.until((lines) => has("later", "2 held")(lines) && !has("no answer")(lines));
    await proxy.stop();
  });

  test.each([
    ["C-c", undefined, 130],
    [undefined, "SIGTERM", 143],
    [undefined, "SIGINT", 130],
  ] as const)("restores the terminal after %s %s", async (key, signal, code) => {
    const file = join(server.folder, `ended-${code}-${key}`);
    // The shell that runs it sets nothing itself, as a prompt would.
    const script = `distlock watch; echo $? > ${file}; stty -a >> ${file}`;
    await window.enter(`export -f distlock; bash -c 'echo $$ > ${file}.pid; ${script}'`);
    await window.until(has("no lock is held"));
    expect(await window.ask("#{alternate_on} #{cursor_flag}")).toBe("1 0");
    if (key) await window.press(key);
    else process.kill(await childOf(Number(await readFile(`${file}.pid`, "utf8"))), signal);
    await window.until(isPrompt);
    expect(await window.ask("#{alternate_on} #{cursor_flag} #{wrap_flag}")).toBe("0 1 1");
    if (key === "C-c") return; // bash ends with it
    const [ended, ...settings] = (await readFile(file, "utf8")).split("\n");
    expect(ended).toBe(String(code));
    expect(settings.join(" ")).toMatch(/ isig icanon .* echo /);
  });

  test("restores the terminal before the report of a bug", async () => {
    const bug = "data:text/javascript,process.on(%27SIGUSR2%27,()=>null.boom())";
    await window.enter(`NODE_OPTIONS='--import=${bug}' distlock watch`);
    await window.until(has("no lock is held"));
    process.kill(await childOf(Number(await window.ask("#{pane_pid}"))), "SIGUSR2");
    await window.until((lines) => has("(reading 'boom')")(lines) && isPrompt(lines));
    expect(await window.ask("#{alternate_on} #{cursor_flag} #{wrap_flag}")).toBe("0 1 1");
  });

  test("Ctrl-Z stops it with the terminal restored, and fg brings it back", async () => {
    await window.enter("distlock watch --interval 100ms");
    await window.until(has("no lock is held"));
    await window.press("C-z");
    await window.until((lines) => has("Stopped")(lines) && isPrompt(lines));
    expect(await window.ask("#{alternate_on} #{cursor_flag} #{wrap_flag}")).toBe("0 1 1");
    await window.enter("echo still a shell");
    await window.until((lines) => lines.includes("still a shell"));
    await locker.acquire("meanwhile");
    await window.enter("fg");
    await window.until(has("meanwhile", "1 held"));
    expect(await window.ask("#{alternate_on} #{cursor_flag}")).toBe("1 0");
    await window.press("q");
    await window.until((lines) => has("still a shell")(lines) && isPrompt(lines));
  });

  test("after a stop that it could not prepare for, it takes the terminal again", async () => {
    await window.enter("distlock watch");
    await window.until(has("no lock is held"));
    process.kill(await childOf(Number(await window.ask("#{pane_pid}"))), "SIGSTOP");
    await window.until(has("Stopped"));
    await window.enter("tput rmcup; tput cnorm; clear; fg");
    await window.until((lines) => has("no lock is held")(lines) && lines[0]!.startsWith("distlock watch *"));
    expect(await window.ask("#{alternate_on} #{cursor_flag}")).toBe("1 0");
    await window.press("q");
    await window.until(isPrompt);
    expect(await window.ask("#{alternate_on} #{cursor_flag} #{wrap_flag}")).toBe("0 1 1");
  });
});

describe("release", () => {
  beforeEach(async () => {
    window = await openWindow({ columns: 100, rows: 16, env });
  });

  test.each([
    ["y", 0, false],
    ["yes", 0, false],
    ["n", 1, true],
    ["", 1, true],
  ])("asks first: %j is exit code %i", async (answer, code, held) => {
    await locker.acquire("job", { ttl: 600_000 });
    await window.enter("distlock release job --force; echo code $?");
    await window.until(has("about to free job: held by api-7:41", "Free it? [y/N]"));
    expect(await locker.inspect("job")).toMatchObject({ held: true });
    await window.enter(answer);
    await window.until(has(`code ${code}`));
    expect(await locker.inspect("job")).toMatchObject({ held });
  });

  test.each([
    ["C-c", "code 130"],
    ["C-d", "code 1"],
  ])("frees nothing after %s", async (key, code) => {
    await locker.acquire("job", { ttl: 600_000 });
    await window.enter("distlock release job --force; echo code $?");
    await window.until(has("Free it? [y/N]"));
    await window.press(key);
    await window.until((lines) => isPrompt(lines) && (key === "C-c" || lines.includes(code) || has(code)(lines)));
    expect(await locker.inspect("job")).toMatchObject({ held: true });
  });

  test.each(["", "--if-label first"])(
    "never frees the next hold, if it begins while it asks (%s)",
    async (condition) => {
      const lock = await locker.acquire("job", { label: "first", ttl: 600_000 });
      await window.enter(`distlock release job --force ${condition}; echo code $?`);
      await window.until(has("held by first", "Free it? [y/N]"));
      await lock.release();
      const next = await locker.acquire("job", { label: "first", ttl: 600_000 });
      await window.enter("y");
      await window.until(has("job: the hold that was shown is over", "code 1"));
      expect(await locker.inspect("job")).toMatchObject({ held: true, fence: next.fence });
    },
  );

  test("never frees a hold of ours in place of another library's", async () => {
    await scene.client.set("job", "their token", "PX", 600_000);
    await window.enter("distlock release job --force; echo code $?");
    await window.until(has("(another library)", "Free it? [y/N]"));
    await scene.client.del("job");
    await locker.acquire("job", { ttl: 600_000 });
    await window.enter("y");
    await window.until(has("the hold that was shown is over", "code 1"));
    expect(await locker.inspect("job")).toMatchObject({ held: true });
  });
});

/** The only child of a process. */
async function childOf(pid: number): Promise<number> {
  return Number(await readFile(`/proc/${pid}/task/${pid}/children`, "utf8"));
}
