import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });

const demo = (...args: readonly string[]): Promise<Outcome> => run(["scripts/demo.mjs", ...args]);

const small = (await readdir(`${root}/examples/small`)).flatMap((file) => /^(.*)\.ts$/.exec(file)?.[1] ?? []);
test("the demo script lists all demos and all examples of one file", async () => {
  const { code, stdout } = await demo("--help");
  expect(code).toBe(0);
  const listed = [...stdout.matchAll(/^ {2}([a-z][\w-]+) {2,}\S/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual(["standalone", "sentinel", "cluster", "memory", "observability", ...small].sort());
});

test("the demo script explains an example of one file", async () => {
  const { code, stdout, stderr } = await demo("queue-worker", "--help");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^Usage: demo queue-worker .*--help/s);
});

test("the demo script says in one sentence that it does not know a name", async () => {
  const { code, stdout, stderr } = await demo("sentinels", "--client", "ioredis");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^there is no demo "sentinels": choose standalone, sentinel, .* or [\w-]+\n$/);
});

/** Nothing can be found or installed. */
const bare = { ...process.env, PATH: "", REDIS_SERVER: "" };

test("without a Redis the user reads what to do", async () => {
  const { code, stderr } = await run(["scripts/ensure-redis.mjs"], bare);
  expect(code).toBe(1);
  expect(stderr).toBe(
    "there is no redis-server on PATH: install Redis 5 (or later) or Valkey, or set REDIS_SERVER to the path of one\n",
  );
});

test("without a Redis a demo also names its option for running servers", async () => {
  const { code, stderr } = await run(["scripts/demo.mjs", "sentinel"], bare);
  expect(code).toBe(1);
  expect(stderr).toBe(
    "there is no redis-server on PATH: install Redis 5 (or later) or Valkey, set REDIS_SERVER to the path of one, or name running servers with --sentinels\n",
  );
});
