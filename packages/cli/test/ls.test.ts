import { afterAll, afterEach, describe, expect, test } from "vitest";
import { openScene } from "./support/scene";

const scene = await openScene();
const { server, client, locker, run, json } = scene;

afterAll(scene.stop);
afterEach(scene.clear);

const keysOf = (lines: readonly Readonly<Record<string, unknown>>[]) => lines.map(({ key }) => key).sort();
const listed = async (...args: string[]) => keysOf(await json(["ls", ...args]));

describe("finds", () => {
  const awkward = [
    "plain",
    "a:fence",
    "a:queue1",
    "a~fence",
    "{tag}",
    "{tag}x",
    "x{tag}y{z}",
    "open{brace",
    "{{nested}}",
    "star*",
    "[class]",
    "back\\slash",
    "question?",
    "spaces and\ttabs\nlines",
    "日本語:{ключ}",
    "\u001b[31mred\u202e",
    "distlock:~fence:queue1:x",
  ];

  test.each(["", "app:", "{app}:", "p*[a]\\?:"])(
    "keys with any characters, with the keyPrefix %j",
    async (keyPrefix) => {
      const other = scene.connect({ keyPrefix });
      for (const key of awkward) await other.acquire(key);
      expect(await listed("--prefix", keyPrefix)).toEqual([...awkward].sort());
      // Locks of another prefix are not ours, whatever their names look like.
      await locker.acquire("elsewhere");
      if (keyPrefix !== "") expect(await listed("--prefix", keyPrefix)).toEqual([...awkward].sort());
    },
  );

  test.each([
    ["star\\*", ["star*"]],
    ["*{tag}*", ["{tag}", "{tag}x"]],
    ["?[1]", ["b1", "é1"]],
    ["b", []],
  ])("the keys that match %j", async (pattern, keys) => {
    for (const key of ["star*", "star:1", "{tag}", "{tag}x", "b1", "é1"]) await locker.acquire(key);
    expect(await listed(pattern)).toEqual(keys);
  });

  test("each lock once, even while a long keyspace is rehashed", async () => {
    for (let i = 0; i < 30; i++) await locker.acquire(Array.from({ length: 100 }, (_, j) => `key:${i}:${j}`));
    // With a second companion each, found at another time.
    for (let i = 0; i < 30; i++) await scene.wait(`key:${i}:0`, "");
    const keys = await listed("--limit", "0");
    expect(keys).toHaveLength(3_000);
    expect(new Set(keys).size).toBe(3_000);
  });

  test("a lock of another library that only waiters have made known, and says whose it is", async () => {
    await client.set("job", "their token", "PX", 60_000);
    await scene.wait("job", "");
    expect(await json(["ls"])).toMatchObject([{ key: "job", held: true, holder: {}, waiting: 1, fence: 0 }]);
    const { stdout } = await run(["ls"]);
    expect(stdout).toMatch(/^job +\(another library\) +– +5\d\.\ds +1 +\d.* –$/m);
    expect(stdout).not.toContain("token");
  });

  test("free locks only with --all, with the time of their last grant", async () => {
    const lock = await locker.acquire("free");
    await lock.release();
    expect(await json(["ls"])).toEqual([]);
    const [seen] = await json(["ls", "--all"]);
    expect(seen).toMatchObject({ key: "free", held: false, holder: null, granted: Math.floor(lock.fence / 1_000) });
    expect((await run(["ls", "--all"])).stdout).toMatch(/^free +\(free, granted \S+ ago\) +– +– +0 +– +\d{16}$/m);
  });

  test("no key of other data: neither with the name of a companion, nor beside a companion", async () => {
    await client.set("{}~fence", "1");
    await client.set("}:fence", "1");
    await client.rpush("{list}~queue1", "1");
    await client.set("{no ttl}~fence", "1", "PX", 60_000);
    await client.set("no ttl", "data");
    await client.set("{other type}~fence", "1", "PX", 60_000);
    await client.hset("other type", "a", "b");
    await client.pexpire("other type", 60_000);
    const ended = await run(["ls", "--json"]);
    expect(ended).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });
});

describe("prints", () => {
  test("each lock as a line with its holder, its times by the server's clock, its waiters and its fence", async () => {
    const lock = await locker.acquire("memory:{42}", { ttl: 60_000 });
    await scene.wait("memory:{42}", "first", "second");
    const [seen] = await json(["ls"]);
    const since = Math.floor(lock.fence / 1_000);
    expect(seen).toEqual({
      key: "memory:{42}",
      held: true,
      remaining: expect.any(Number),
      fence: lock.fence,
      waiting: 2,
      holder: { label: "api-7:41", since },
      waiters: [
        { label: "first", since: expect.any(Number) },
        { label: "second", since: expect.any(Number) },
      ],
      granted: since,
      now: expect.any(Number),
    });
    const { stdout } = await run(["ls"]);
    const [head, row, ...rest] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^KEY +HOLDER +HELD +LEFT +WAITING +OLDEST +FENCE$/);
    expect(row).toMatch(/^memory:\{42\} {2}api-7:41 {2}\d\S*s +5\d\.\ds {2}2 +\d\S*s +\d{16}$/);
    expect(rest).toEqual([]);
    expect(stdout).not.toContain(lock.token.slice(0, 12));
  });

  test("control characters of keys and labels as escapes, for people and in JSON, with the same value", async () => {
    const [key, label] = ["\u001b]0;title\u0007\u009b31m", "two\nlines\u202e"];
    await locker.acquire(key, { label });
    const people = await run(["ls"]);
    expect(people.stdout).toContain("\\u001b]0;title\\u0007\\u009b31m  two\\nlines\\u202e");
    const { stdout } = await run(["ls", "--json"]);
    for (const text of [people.stdout, stdout]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
    expect(JSON.parse(stdout)).toMatchObject({ key, holder: { label } });
  });

  test("everything in whole, without colours, into a pipe", async () => {
    const key = "k".repeat(300);
    await locker.acquire(key, { label: "l".repeat(48) });
    const { stdout } = await run(["ls"], { env: { NO_COLOR: "", CI: "true", COLUMNS: "80" } });
    expect(stdout).toContain(`\n${key}  ${"l".repeat(48)}  `);
    expect(stdout).not.toContain("\u001b");
  });

  test("nothing but a note, and exit code 0, when there is no lock", async () => {
    expect(await run(["ls"])).toEqual({
      code: 0,
      signal: null,
      stdout: "",
      stderr: "distlock: no such lock is held or waited for\n",
    });
  });
});

describe("selects", () => {
  test("by waiters, by age, and so many of them, in the order that is asked for", async () => {
    await locker.acquire("old", { ttl: 50_000 });
    await locker.acquire("busy", { ttl: 40_000 });
    await scene.wait("busy", "1", "2");
    await locker.acquire("new", { ttl: 60_000 });
    await scene.wait("new", "3");
    const inOrder = async (...args: string[]) => (await json(["ls", ...args])).map(({ key }) => key);
    expect(await inOrder()).toEqual(["old", "busy", "new"]);
    expect(await inOrder("--sort", "waiting")).toEqual(["busy", "new", "old"]);
    expect(await inOrder("--sort", "left")).toEqual(["busy", "old", "new"]);
    expect(await inOrder("--waiting")).toEqual(["busy", "new"]);
    expect(await inOrder("--older", "1h")).toEqual([]);
    expect(await inOrder("--older", "0s")).toEqual(["old", "busy", "new"]);
    expect(await run(["ls", "--limit", "2", "--json"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^.*"old".*\n.*"busy".*\n$/),
      stderr: "distlock: 2 of 3 locks are shown: --limit 0 shows all\n",
    });
  });
});

describe("refuses", () => {
  test.each([
    [["ls", "a["]],
    [["ls", "--sort", "name"]],
    [["ls", "--older", "5"]],
    [["ls", "--limit", "-1"]],
    [["ls", "a", "b"]],
  ])("wrong usage, before it connects: %j", async (args) => {
    const ended = await run(args, { env: { DISTLOCK_URL: "redis://127.0.0.1:1" } });
    expect(ended).toMatchObject({ code: 64, stdout: "" });
    expect(ended.stderr).not.toBe("");
  });

  test("a user without the right to scan: exit code 77", async () => {
    await server.command("ACL", "SETUSER", "few", "on", ">pw", "~*", "&*", "+@all", "-scan");
    const ended = await run(["ls", "--url", server.url.replace("//", "//few:pw@")]);
    expect(ended).toMatchObject({ code: 77, stdout: "" });
    expect(ended.stderr).toContain("'scan'");
  });

  test("a server that stops to answer: exit code 69, after --timeout", async () => {
    await server.signal("SIGSTOP");
    try {
      const ended = await run(["ls", "--timeout", "300ms"]);
      expect(ended).toMatchObject({ code: 69, stdout: "" });
    } finally {
      await server.signal("SIGCONT");
    }
  });
});
