import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { EXIT } from "../src/exit-codes";
import { modelOf } from "../src/model/model";
import { program } from "../src/program";
import { distlock } from "./support/cli";

const SECRET = "hunter2";
const server = await startRedis();
await server.command("ACL", "SETUSER", "nobody", "on", `>${SECRET}`, "+ping", "+hello", "+client");

afterAll(() => server.stop());

const commands = modelOf(program()).commands.filter(({ name }) => name !== "help");
const names = commands.map(({ name }) => name);

/** The arguments with which a command does its work. */
const usual: Readonly<Record<string, (key: string) => string[]>> = {
  completion: () => ["bash"],
  doctor: () => [],
  inspect: (key) => [key],
  ls: () => [],
  release: (key) => [key, "--force", "--yes"],
  run: (key) => [key, "--no-wait", "--", "true"],
  watch: () => [],
};

const onRedis = commands.filter(({ options }) => options.some(({ long }) => long === "--url")).map(({ name }) => name);
const onKeys = onRedis.filter((name) => usual[name]!("key").includes("key"));

const at = (port: number, credentials = "") => `redis://${credentials}127.0.0.1:${port}`;

/** A run of each of the commands, at once. `options` stand before what a command may have behind `--`. */
const runAll = (which: readonly string[], options: readonly string[], key = "key", env = {}) =>
  Promise.all(
    which.map(async (name) => {
      const ended = await distlock([name, ...options, ...usual[name]!(key)], { env });
      expect(ended.stdout + ended.stderr).not.toContain(SECRET);
      return { name, code: ended.code, stdout: ended.stdout, stderr: ended.stderr };
    }),
  );

/** What each run is expected to be: this code, nothing on standard output, and a sentence. */
const each = (which: readonly string[], code: number, sentence: RegExp) =>
  which.map((name) => ({ name, code, stdout: "", stderr: expect.stringMatching(sentence) }));

test("the arguments of each command are known here", () => {
  expect(Object.keys(usual)).toEqual(expect.arrayContaining(names));
});

describe("0", () => {
  test.each(["", ...names])("distlock %s --help", async (name) => {
    const ended = await distlock([name, "--help"].filter(Boolean));
    expect(ended).toMatchObject({
      code: EXIT.done.code,
      stderr: "",
      stdout: expect.stringMatching(/^Usage: distlock /),
    });
    expect(ended.stdout).toMatch(/^Examples:$|^Exit codes:$/m);
  });

  test("distlock --version", async () => {
    expect(await distlock(["--version"])).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

describe("64: wrong usage", () => {
  test.each([
    ["no command", []],
    ["an unknown command", ["lock"]],
    ["an unknown option", ["--fast"]],
  ])("%s", async (_, args) => {
    expect(await distlock(args)).toMatchObject({
      code: EXIT.usage.code,
      stdout: "",
      stderr: expect.stringMatching(/\w/),
    });
  });

  test("an option that no command has", async () => {
    expect(await runAll(names, ["--fast"])).toEqual(each(names, EXIT.usage.code, /unknown option '--fast'/));
  });

  test("a duration without a unit", async () => {
    expect(await runAll(onRedis, ["--timeout=5"])).toEqual(each(onRedis, EXIT.usage.code, /A duration is/));
  });

  const some = onRedis.slice(0, 1);
  const urls = [
    "localhost",
    "http://localhost",
    `redis://:${SECRET}/@localhost`,
    `redis://:${SECRET}%zz@localhost`,
    `redis://:p@${SECRET}/p@localhost`,
    `redis://:${SECRET}@localhost/name`,
    `redis-sentinel://:${SECRET}@localhost`,
    `redis-sentinel://:${SECRET}%zz@localhost/name`,
    `redis-sentinel://:${SECRET}@h:port/name`,
  ];

  test.each(urls)("--url %j", async (url) => {
    expect(await runAll(some, ["--url", url])).toEqual(each(some, EXIT.usage.code, /^distlock: A /));
  });

  test("the same in the environment", async () => {
    const expected = each(some, EXIT.usage.code, /^distlock: A URL is /);
    expect(await runAll(some, [], "key", { DISTLOCK_URL: `http://:${SECRET}@h` })).toEqual(expected);
    expect(await runAll(some, [], "key", { REDIS_URL: `http://:${SECRET}@h`, DISTLOCK_URL: "" })).toEqual(expected);
  });

  test.each(["", "a}b"])("the key %j", async (key) => {
    expect(await runAll(onKeys, ["--url", server.url], key)).toEqual(each(onKeys, EXIT.usage.code, /\bkey\b/));
  });
});

describe("69: Redis does not answer", () => {
  test.each([
    ["nobody listens; the password has an @", `redis://:${SECRET}@${SECRET}@127.0.0.1:1`],
    ["the password is in the place of the user", `redis://${SECRET}@127.0.0.1:1`],
    ["no Sentinel listens", `redis-sentinel://:${SECRET}@127.0.0.1:1/main`],
  ])("%s", async (_, url) => {
    const sentence = /^distlock: Redis at redis(-sentinel)?:\/\/:?\*\*\*@127\.0\.0\.1:1\S* does not answer: .+\n$/;
    expect(await runAll(onRedis, ["--timeout", "300ms", "--url", url])).toEqual(
      each(onRedis, EXIT.unavailable.code, sentence),
    );
  });
});

describe("77: Redis refuses the user", () => {
  test("a wrong password", async () => {
    const url = at(server.port, `default:${SECRET}@`);
    await server.command("CONFIG", "SET", "requirepass", "another");
    // It is said at once, and not when the time is over.
    const ended = await runAll(onRedis, ["--timeout", "10m", "--url", url]);
    expect(ended).toEqual(each(onRedis, EXIT.noPermission.code, /WRONGPASS/));
  });

  test("a user without rights, whose password is right", async () => {
    const which = onRedis.filter((name) => name !== "doctor");
    const ended = await runAll(which, ["--url", at(server.port, `nobody:${SECRET}@`)]);
    expect(ended).toEqual(each(which, EXIT.noPermission.code, /NOPERM/));
  });
});

test("77: a user without a command of the scripts", async () => {
  const open = await startRedis();
  try {
    await open.command(
      "ACL",
      "SETUSER",
      "some",
      "on",
      `>${SECRET}`,
      "~*",
      "&*",
      "+@all",
      "-zadd",
      "-set",
      "-get",
      "-mget",
    );
    const ended = await runAll(onKeys, ["--url", at(open.port, `some:${SECRET}@`)]);
    expect(ended).toEqual(each(onKeys, EXIT.noPermission.code, /the user needs/));
  } finally {
    await open.stop();
  }
});

test("77: no password where one is needed", async () => {
  const closed = await startRedis();
  try {
    await closed.command("CONFIG", "SET", "requirepass", SECRET);
    expect(await runAll(onRedis, ["--url", closed.url])).toEqual(each(onRedis, EXIT.noPermission.code, /NOAUTH/));
  } finally {
    await closed.stop();
  }
});
