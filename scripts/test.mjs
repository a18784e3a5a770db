import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { ensureRedis } from "./ensure-redis.mjs";
import { ensureTmux } from "./ensure-tmux.mjs";
import { quietly } from "./quietly.mjs";

const help = `pnpm test [arguments for vitest]
pnpm test:all

Proves the repository, and stops at the first failure:

  1. a Redis or Valkey server is there to test with (REDIS_SERVER says which one), and tmux, or they get installed
  2. biome: format and lint
  3. turbo: packages built; dependency-cruiser: imports run one way; knip: nothing is unused
  4. tsc: all types checked; size-limit: no package grew beyond .size-limit.json
  5. vitest: the quick lanes, which are the tests that need no server (unit) or one server (redis, model)

"pnpm test:all" checks the types of each package by itself, with nothing that another one brings. It, and "pnpm test" with
arguments that choose tests, also run

  6. vitest: the lanes with several servers (topology), and with demos, frameworks and long runs (slow)
  7. vitest on a newer Node: the tests with packages that need Node 22 (if this Node is older, npm's node@24 is fetched)

  pnpm test packages/core        the tests of one folder
  pnpm test -t "hands over"      the tests with such a title
  pnpm test --project unit       the tests that need no server
  REDIS_SERVER=/opt/valkey/bin/valkey-server pnpm test

To repeat tests without the rest: pnpm exec vitest run [arguments]`;

const root = fileURLToPath(new URL("..", import.meta.url));
const all = process.argv[2] === "--all";
const given = process.argv.slice(all ? 3 : 2);
const args = given.slice(given[0] === "--" ? 1 : 0);
/** The lanes of `pnpm test`, as test/support/lanes.ts has them. */
const quickLanes = ["--project=unit", "--project=redis", "--project=model"];
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const newerNode = "node@24.21.0";
const turbo = (...tasks) => quietly("turbo", ["run", ...tasks, "--output-logs=errors-only"], { cwd: root });
/** All files as one program, by the compiler that is a program of machine code: a tenth of the work that it is for each package by itself. */
const typesTogether = ["test/node_modules/typescript-7/bin/tsc", "--singleThreaded", "-p", "tsconfig.all.json"];

const sources = ["packages", "bench/src", "examples"];

/** Waits for all, so that nothing still runs after a failure, and rejects with the first failure. */
async function allOf(...runs) {
  await Promise.allSettled(runs);
  await Promise.all(runs);
}

const checks = {
  "a server and a terminal to test with": async () => {
    await ensureRedis();
    await ensureTmux();
  },
  "format and lint": () => quietly("biome", ["check", "."], { cwd: root }),
  // All packages wait for the build of the core, which keeps one processor busy.
  "build, imports, unused code": () =>
    allOf(
      turbo("build"),
      quietly("depcruise", ["--config", ".dependency-cruiser.json", ...sources], { cwd: root }),
      quietly("knip", ["--no-progress", "--no-config-hints"], { cwd: root }),
    ),
  "types, sizes": () =>
    allOf(
      all ? turbo("typecheck") : quietly("node", typesTogether, { cwd: root }),
      quietly("size-limit", [], { cwd: root }),
    ),
};

/** Runs a program as if it were this one; returns its exit code. */
function become(program, args) {
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  process.on("SIGINT", () => {}).on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

async function testedWith() {
  const { findRedisServer } = await import("../packages/testing/dist/index.js");
  const server = findRedisServer();
  const version = execFileSync(server, ["--version"], { encoding: "utf8" }).split(" sha=")[0].trim();
  return `testing ${version} (${server}) with Node ${process.version}`;
}

async function main() {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(help);
    return 0;
  }
  // Without pnpm there are neither the tools on PATH nor the pnpm that turbo calls.
  if (!process.env.npm_config_user_agent?.startsWith("pnpm/")) {
    const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    return become("npx", ["-y", packageManager, all ? "test:all" : "test", ...args]);
  }
  process.env.TURBO_TELEMETRY_DISABLED = "1";
  for (const [title, check] of Object.entries(checks)) {
    process.stdout.write(`${title} … `);
    const start = performance.now();
    const seconds = () => `${((performance.now() - start) / 1_000).toFixed(1)} s`;
    try {
      await check();
    } catch (error) {
      console.log(`✗ ${seconds()}\n\n${error.message}`);
      return 1;
    }
    console.log(`✓ ${seconds()}`);
  }
  console.log(await testedWith());
  if (!all && args.length === 0) return become("vitest", ["run", ...quickLanes]);
  // All chosen tests may be in one of the two runs.
  const chosen = args.length > 0 ? [...args, "--passWithNoTests"] : [];
  const failed = await become("vitest", ["run", ...chosen]);
  // The lanes are the lanes of the first run.
  const hasLane = args.some((arg) => arg.startsWith("--project"));
  if (failed !== 0 || hasLane) return failed;
  const newer = ["run", "--config", "vitest.node22.config.ts", ...chosen];
  if (Number.parseInt(process.versions.node, 10) >= 22) return become("vitest", newer);
  return become("npx", ["-y", "-p", newerNode, "node", vitest, ...newer]);
}

process.exitCode = await main();
