import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { ensureRedis } from "./ensure-redis.mjs";
import { quietly } from "./quietly.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = fileURLToPath(new URL("../test", import.meta.url));
const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const args = process.argv.slice(2);

/** Ends the process on `--help` and on bad arguments, before anything is built. */
async function readArguments() {
  const { tsImport } = await import("tsx/esm/api").catch(() => {
    throw new Error(`the dependencies are not installed: run "npx -y ${packageManager} install" first`);
  });
  const { parseOptions } = await tsImport("../test/faults/options.ts", import.meta.url);
  parseOptions(args);
}

async function build() {
  console.log("building the packages …");
  const task = ["run", "build", "--filter=@distlock-private/test^...", "--output-logs=errors-only"];
  const options = { cwd: root, env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" } };
  // Turbo calls pnpm, which a machine without one has only inside of npx.
  const hasPnpm = await quietly("pnpm", ["--version"], options).then(
    () => true,
    () => false,
  );
  if (hasPnpm) {
    const turbo = createRequire(import.meta.url).resolve("turbo/bin/turbo");
    await quietly(process.execPath, [turbo, ...task], options);
  } else await quietly("npx", ["-y", packageManager, "exec", "turbo", ...task], options);
}

/** Runs in a process of its own, whose exit code is ours. */
async function run() {
  const tsx = import.meta.resolve("tsx");
  const child = spawn(process.execPath, ["--import", tsx, "faults/main.ts", ...args], {
    cwd: folder,
    stdio: "inherit",
  });
  process.on("SIGINT", () => child.kill("SIGINT")).on("SIGTERM", () => child.kill("SIGTERM"));
  process.exitCode = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

let stopped;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    stopped ??= signal;
  });
}

try {
  for (const step of [readArguments, () => ensureRedis(), build, run]) if (!stopped) await step();
} catch (error) {
  if (!stopped) console.error(error.message);
  process.exitCode = 1;
}
if (stopped) process.exitCode = 128 + constants.signals[stopped];
