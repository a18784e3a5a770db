import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const bench = fileURLToPath(new URL("../bench", import.meta.url));
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, ["--import", "tsx", "src/main.ts", ...args], { cwd: bench });

test("the bench measures every contestant", async () => {
  const { stdout } = await run("--rounds", "1", "--cycles", "128");
  for (const name of ["bare SET NX, ioredis", "distlock, ioredis", "distlock, node-redis", "64 at once"]) {
    expect(stdout).toContain(name);
  }
});

test("the bench explains itself, and refuses what it does not know", async () => {
  expect((await run("--help")).stdout).toContain("--rounds");
  await expect(run("--rounds", "0")).rejects.toMatchObject({ stderr: expect.stringContaining("1 or more") });
});
