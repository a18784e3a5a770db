import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { ensureRedis } from "./ensure-redis.mjs";
import { quietly } from "./quietly.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** Imports a file that needs no built package, by its path in the checkout. */
async function importSource(path) {
  const { tsImport } = await import("tsx/esm/api").catch(() => {
    throw new Error(`the dependencies are not installed: run "npx -y ${packageManager} install" first`);
  });
  return tsImport(`../${path}`, import.meta.url);
}

/** Reads the arguments (which ends the process on `--help` and on bad ones), and makes sure that there will be a server. */
async function prepare({ options, ownServer }, args) {
  const { parseOptions } = await importSource(options);
  const server = parseOptions(args)[ownServer?.option];
  if (server === undefined) await ensureRedis(process.env, ownServer && `name running servers with ${ownServer.flag}`);
  else if (ownServer.flag === "--redis-url") {
    const { reachRedis } = await importSource("examples/stage/reach-redis.ts");
    (await reachRedis(server)).destroy();
  }
}

async function build(workspace) {
  console.log("building the packages …");
  const task = ["run", "build", `--filter=${workspace}^...`, "--output-logs=errors-only"];
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

/** Runs the file in a process of its own, whose exit code is ours. Arguments name files from the user's folder, which npm calls INIT_CWD. */
async function run(folder, file, args) {
  const tsx = import.meta.resolve("tsx");
  const cwd = fileURLToPath(new URL(`../${folder}`, import.meta.url));
  const env = { INIT_CWD: process.cwd(), ...process.env };
  const child = spawn(process.execPath, ["--import", tsx, file, ...args], { cwd, env, stdio: "inherit" });
  process.on("SIGINT", () => child.kill("SIGINT")).on("SIGTERM", () => child.kill("SIGTERM"));
  process.exitCode = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/**
 * Runs a program of the checkout: prepares, builds the packages that its workspace needs, and starts its file in its folder with
 * the arguments. Fails with one sentence. `options` is the file that exports `parseOptions`; `ownServer` has the option by which
 * the caller names a running server.
 */
export async function runBuilt(program, args) {
  let stopped;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      stopped ??= signal;
    });
  }
  const { workspace, folder, file } = program;
  try {
    for (const step of [() => prepare(program, args), () => build(workspace), () => run(folder, file, args)]) {
      if (!stopped) await step();
    }
  } catch (error) {
    if (!stopped) console.error(error.message);
    process.exitCode = 1;
  }
  if (stopped) process.exitCode = 128 + constants.signals[stopped];
}
