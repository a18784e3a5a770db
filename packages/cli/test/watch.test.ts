import { createInterface } from "node:readline";
import { startFaultProxy } from "@distlock/testing";
import { afterAll, afterEach, expect, test } from "vitest";
import { until, untilWaiting } from "../../../test/support/until";
import { start } from "./support/cli";
import { openScene } from "./support/scene";

const scene = await openScene();
const { client, locker, server } = scene;

const running = new Set<ReturnType<typeof start>>();
afterEach(async () => {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
  await scene.clear();
});
afterAll(scene.stop);

const scans = async () => Number(/cmdstat_scan:calls=(\d+)/.exec(await client.info("commandstats"))?.[1]);

/** Resolves when a whole look has been taken: one is over when the next one after it begins. */
async function looked(): Promise<void> {
  const before = await scans();
  await until(async () => (await scans()) >= before + 2);
}

/** Starts `watch` with short pauses. Its lines are awaited one by one. */
function watch(args: readonly string[], url = server.url) {
  const child = start(["watch", "--interval", "100ms", ...args], { DISTLOCK_URL: url });
  running.add(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let notes = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    notes += text;
  });
  const next = async (): Promise<string> => (await lines.next()).value;
  return {
    child,
    next,
    async nextEvent() {
      const { event, key, holder, fence } = JSON.parse(await next());
      return { event, key, label: holder?.label, fence };
    },
    /** Resolves when standard error matches. */
    async noted(pattern: RegExp) {
      while (!pattern.test(notes)) await new Promise((resolve) => child.stderr.once("data", resolve));
    },
    ended: new Promise<number | null>((resolve) => child.on("close", resolve)),
  };
}

test("each change is a line: held at first, granted, handed over, released, and ended", async () => {
  const first = await locker.acquire("job", { ttl: 60_000 });
  const { next } = watch(["jo*"]);
  const fields = (await next()).split("\t");
  expect(fields[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(fields.slice(1)).toEqual(["held", "job", "api-7:41", String(first.fence)]);

  const changed = async () => (await next()).split("\t").slice(1);
  const other = await locker.acquire("joke\t\n", { label: "tab\there" });
  expect(await changed()).toEqual(["granted", "joke\\t\\n", "tab\\there", String(other.fence)]);
  await other.release();
  expect(await changed()).toEqual(["released", "joke\\t\\n", "tab\\there", String(other.fence)]);

  const waiting = locker.acquire("job", { label: "next", ttl: 60_000 });
  await untilWaiting(locker, "job", 1);
  await looked();
  await first.release();
  const second = await waiting;
  expect(await changed()).toEqual(["handed-over", "job", "next", String(second.fence)]);

  await locker.acquire("elsewhere");
  await client.pexpire("job", 50);
  expect((await changed()).slice(1)).toEqual(["job", "next", String(second.fence)]);
});

test("a lease that ran out has ended, and was not released", async () => {
  const lock = await locker.acquire("short", { ttl: 60_000 });
  const { nextEvent } = watch(["--json"]);
  const seen = { key: "short", label: "api-7:41", fence: lock.fence };
  expect(await nextEvent()).toEqual({ event: "held", ...seen });
  await client.pexpire("short", 2_000);
  await looked();
  expect(await nextEvent()).toEqual({ event: "ended", ...seen });
});

test("--json prints the lock with each event", async () => {
  const lock = await locker.acquire("job");
  const { next } = watch(["--json"]);
  const since = Math.floor(lock.fence / 1_000);
  expect(JSON.parse(await next())).toEqual({
    time: expect.any(Number),
    event: "held",
    key: "job",
    held: true,
    remaining: expect.any(Number),
    fence: lock.fence,
    waiting: 0,
    holder: { label: "api-7:41", since },
    waiters: [],
    granted: since,
    now: expect.any(Number),
  });
});

test("a hold without waiters that another one has replaced is two changes", async () => {
  const proxy = await startFaultProxy(server);
  const first = await locker.acquire("job", { ttl: 60_000 });
  const { nextEvent } = watch(["--json"], proxy.url);
  expect(await nextEvent()).toMatchObject({ event: "held" });
  proxy.set("hold", { way: "both" });
  await first.release();
  const second = await locker.acquire("job", { label: "second" });
  proxy.set("pass");
  expect(await nextEvent()).toMatchObject({ event: "released", fence: first.fence, label: "api-7:41" });
  expect(await nextEvent()).toMatchObject({ event: "granted", fence: second.fence, label: "second" });
  await proxy.stop();
});

test("a server that is away is noted, and it goes on when the server is back", async () => {
  const proxy = await startFaultProxy(server);
  await locker.acquire("job", { ttl: 600_000 });
  const { nextEvent, noted } = watch(["--json", "--timeout", "2s"], proxy.url);
  expect(await nextEvent()).toMatchObject({ event: "held", key: "job" });
  for (const mode of ["cut", "hold"] as const) {
    proxy.set(mode);
    await noted(mode === "cut" ? /trying again\n$/ : /answers again\n.*trying again\n$/s);
    const lock = await locker.acquire(mode, { ttl: 600_000 });
    proxy.set("pass");
    proxy.reset();
    expect(await nextEvent()).toEqual({ event: "granted", key: mode, label: "api-7:41", fence: lock.fence });
  }
  await proxy.stop();
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s ends it with %i, even while the server does not answer", async (signal, code) => {
  const proxy = await startFaultProxy(server);
  await locker.acquire("job");
  const { child, next, ended } = watch(["--timeout", "1h"], proxy.url);
  await next();
  proxy.set("hold", { way: "both" });
  await until(async () => proxy.kept > 0);
  child.kill(signal);
  expect(await ended).toBe(code);
  await proxy.stop();
});

test("it ends when nobody reads its lines any more", async () => {
  await locker.acquire("job");
  const { child, next, ended } = watch(["--json"]);
  await next();
  child.stdout.destroy();
  await locker.acquire("other");
  expect(await ended).toBe(141);
});

test("it fails when the server is not there at first, or refuses the user", async () => {
  const away = watch(["--timeout", "300ms"], "redis://127.0.0.1:1");
  expect(await away.ended).toBe(69);
  await server.command("ACL", "SETUSER", "few", "on", ">pw", "~*", "&*", "+@all", "-scan");
  expect(await watch([], server.url.replace("//", "//few:pw@")).ended).toBe(77);
});
