import { afterAll, afterEach, expect, test } from "vitest";
import { until } from "../../../test/support/until";
import { distlock } from "./support/cli";
import { openScene, parsed } from "./support/scene";

const scene = await openScene();
const { client, locker, run, json } = scene;

afterAll(scene.stop);
afterEach(scene.clear);

test("a held lock is one line of JSON and exit code 0, a free one is exit code 1", async () => {
  const lock = await locker.acquire("cron:nightly");
  const held = await run(["inspect", "cron:nightly", "--json"]);
  expect(held).toMatchObject({ code: 0, stderr: "" });
  const [seen] = parsed(held.stdout);
  const since = Math.floor(lock.fence / 1_000);
  expect(seen).toEqual({
    key: "cron:nightly",
    held: true,
    remaining: expect.any(Number),
    fence: lock.fence,
    waiting: 0,
    holder: { label: "api-7:41", since },
    waiters: [],
    granted: since,
    now: expect.any(Number),
  });
  await lock.release();
  expect(await json(["inspect", "cron:nightly"])).toMatchObject([{ held: false, holder: null, fence: lock.fence }]);
  const quiet = { code: 1, signal: null, stdout: "", stderr: "" };
  expect(await run(["inspect", "cron:nightly", "--quiet"])).toEqual(quiet);
  expect(await run(["inspect", "cron:nightly", "-q", "--json"])).toEqual(quiet);
});

test("for people it looks twice, and says whether the holder extends its lease", async () => {
  const lock = await locker.acquire("report", { ttl: 60_000 });
  await scene.wait("report", "first", "two\nlines");
  const idle = await run(["inspect", "report"]);
  expect(idle).toMatchObject({ code: 0, stderr: "" });
  expect(idle.stdout).toMatch(/^key +report\nstate +held\nholder +api-7:41\nsince +\d{4}-\S+Z \(\d\S*s ago\)\n/);
  expect(idle.stdout).toMatch(/^lease +5\d\.\ds left; not extended between two looks 1\.\ds apart$/m);
  expect(idle.stdout).toContain(`\nfence     ${lock.fence}\nwaiting   2, the first for `);
  expect(idle.stdout).toMatch(/^1 +first +\d\S*s +\d{4}-\S+Z\n2 +two\\nlines +\d/m);
  expect(idle.stdout).not.toContain(lock.token.slice(0, 12));

  // Extended as often as a short ttl needs it: at least once in any second.
  const extended = await locker.withLock("short", { ttl: 900, autoExtend: true }, () => run(["inspect", "short"]));
  expect(extended.stdout).toMatch(
    /^lease +\d+ms left; extended between two looks 1\.\ds apart, so the ttl is at least/m,
  );
});

test("a lock that is handed over between the looks is shown with its new holder", async () => {
  const lock = await locker.acquire("baton");
  const next = locker.acquire("baton", { label: "next" });
  const looks = run(["inspect", "baton"]);
  // The last command of a look.
  await until(async () => String(await client.client("LIST")).includes("cmd=time"));
  await lock.release();
  await next;
  const { stdout, code } = await looks;
  expect(stdout).toMatch(/^holder +next$/m);
  expect(stdout).toMatch(/; the holder changed between two looks/);
  expect(code).toBe(0);
});

test("a lock of another library has no fence and no age, and its value is not printed", async () => {
  const ours = await locker.acquire("shared");
  await ours.release();
  await client.set("shared", "their token", "PX", 60_000);
  const { stdout, code } = await run(["inspect", "shared"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^holder +\(another library\)\nsince +not known/m);
  expect(stdout).toContain(`\nfence     none; the last one of distlock is ${ours.fence}\n`);
  expect(stdout).not.toContain("their token");
  expect(await json(["inspect", "shared"])).toMatchObject([{ held: true, holder: {}, fence: ours.fence }]);
});

test("of more than 20 waiters the first 20 are named, and the others counted", async () => {
  await locker.acquire("crowd");
  await scene.wait("crowd", ...Array.from({ length: 22 }, (_, i) => `w${i + 1}`));
  const { stdout } = await run(["inspect", "crowd"]);
  expect(stdout).toMatch(/^20 +w20 .*\nand 2 more\n$/m);
  expect(stdout).not.toContain("w21");
});

test("a prefix, and keys that cannot be locks", async () => {
  await scene.connect({ keyPrefix: "app:" }).acquire("job");
  expect(await json(["inspect", "job", "--prefix", "app:"])).toMatchObject([{ key: "job", held: true }]);
  expect(await run(["inspect", "job", "-q"])).toMatchObject({ code: 1 });
  expect(await run(["inspect", "{a}~fence"])).toMatchObject({ code: 64, stdout: "" });
  await client.set("data", "1");
  expect(await run(["inspect", "data"])).toMatchObject({ code: 69, stdout: "", stderr: /not a lock/ });
});

test("a server that is not there is one sentence and exit code 69", async () => {
  const ended = await distlock(["inspect", "key", "--url", "redis://:secret@127.0.0.1:1", "--timeout", "300ms"]);
  expect(ended).toMatchObject({ code: 69, stdout: "" });
  expect(ended.stderr).toMatch(/^distlock: Redis at redis:\/\/:\*\*\*@127\.0\.0\.1:1 does not answer: .+\n$/);
});
