import { afterAll, afterEach, expect, test } from "vitest";
import { openScene } from "./support/scene";

const scene = await openScene();
const { client, locker, run } = scene;

afterAll(scene.stop);
afterEach(scene.clear);

const forced = ["--force", "--yes"];

test("frees the hold that it shows, notifies its holder with the reason, and hands the lock over", async () => {
  const lock = await locker.acquire("job", { autoExtend: true });
  const next = locker.acquire("job", { label: "next" });
  const ended = await run(["release", "job", ...forced, "--reason", "host\u001b[2J is gone"]);
  expect(ended).toMatchObject({ code: 0, stdout: "" });
  expect(ended.stderr).toMatch(
    /^distlock: about to free job: held by api-7:41, for \S+, fence \d{16}, 2\d\.\ds left of its lease, /,
  );
  expect(ended.stderr).toContain(`fence ${lock.fence},`);
  expect(ended.stderr).toMatch(/\ndistlock: reason: host\\u001b\[2J is gone\ndistlock: job: freed\n$/);
  expect(ended.stderr).not.toContain(lock.token.slice(0, 12));
  expect((await next).fence).toBeGreaterThan(lock.fence);
  expect(await lock.extend().catch((error: Error) => error)).toMatchObject({ code: "LOCK_LOST" });
});

test("frees nothing, with exit code 1, if the lock is free, or the fence or the label is another one", async () => {
  expect(await run(["release", "job", ...forced])).toEqual({
    code: 1,
    signal: null,
    stdout: "",
    stderr: "distlock: job: the lock is free already: nothing was freed\n",
  });
  const lock = await locker.acquire("job");
  const not = async (why: RegExp, ...args: string[]) => {
    expect(await run(["release", "job", ...forced, ...args])).toMatchObject({ code: 1, stdout: "", stderr: why });
    expect(await locker.inspect("job")).toMatchObject({ held: true, fence: lock.fence });
  };
  await not(/another fence: nothing was freed\n$/, "--if-fence", String(lock.fence - 1));
  await not(/another label, or none: nothing was freed\n$/, "--if-label", "api-7:4");
  await not(/another label, or none/, "--if-label", "api-8:41", "--if-fence", String(lock.fence));
  const both = ["--if-label", "api-7:41", "--if-fence", String(lock.fence)];
  expect(await run(["release", "job", ...forced, ...both])).toMatchObject({ code: 0 });
  expect(await locker.inspect("job")).toMatchObject({ held: false });
});

test("a lock of another library is freed, but not by a fence", async () => {
  const ours = await locker.acquire("shared");
  await ours.release();
  await client.set("shared", "their token", "PX", 60_000);
  const byFence = await run(["release", "shared", ...forced, "--if-fence", String(ours.fence)]);
  expect(byFence).toMatchObject({ code: 1, stderr: /another fence/ });
  expect(await client.get("shared")).toBe("their token");
  const ended = await run(["release", "shared", ...forced, "--json"]);
  expect(ended.code).toBe(0);
  expect(ended.stderr).toMatch(/held by \(another library\), .*\n.*no fence, so the next hold could be freed/);
  expect(ended.stderr + ended.stdout).not.toContain("their token");
  expect(await client.get("shared")).toBe(null);
});

test("--json prints the hold, the outcome and the reason", async () => {
  const lock = await locker.acquire("job");
  await scene.wait("job", "next");
  const ended = await run(["release", "job", ...forced, "--json", "--reason", "why"]);
  expect(JSON.parse(ended.stdout)).toEqual({
    key: "job",
    held: true,
    remaining: expect.any(Number),
    fence: lock.fence,
    waiting: 1,
    holder: { label: "api-7:41", since: Math.floor(lock.fence / 1_000) },
    waiters: [{ label: "next", since: expect.any(Number) }],
    granted: Math.floor(lock.fence / 1_000),
    now: expect.any(Number),
    outcome: "freed",
    reason: "why",
  });
  const other = await run(["release", "none", ...forced, "--json"]);
  expect([other.code, JSON.parse(other.stdout)]).toEqual([
    1,
    expect.objectContaining({ held: false, outcome: "free" }),
  ]);
});

test.each([
  ["without --force", ["--yes"]],
  ["without --yes where it cannot ask", ["--force"]],
  ["with a fence that is not one", ["--force", "--yes", "--if-fence", "1.5"]],
  ["with a reason that is too long", ["--force", "--yes", "--reason", "x".repeat(201)]],
])("%s it is refused, and frees nothing", async (_, args) => {
  await locker.acquire("job");
  expect(await run(["release", "job", ...args])).toMatchObject({ code: 64, stdout: "" });
  expect(await locker.inspect("job")).toMatchObject({ held: true });
});
