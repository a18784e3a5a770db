import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

// It runs the sources as they are, and needs neither a build nor a server.
const cwd = fileURLToPath(new URL("../test", import.meta.url));
const args = ["--import", import.meta.resolve("tsx"), "simulation/main.ts", ...process.argv.slice(2)];
const child = spawn(process.execPath, args, {
  cwd,
  env: { INIT_CWD: process.cwd(), ...process.env },
  stdio: "inherit",
});
process.on("SIGINT", () => child.kill("SIGINT")).on("SIGTERM", () => child.kill("SIGTERM"));
process.exitCode = await new Promise((resolve, reject) => {
  child.once("error", reject);
  child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
});
