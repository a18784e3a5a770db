import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

/** Runs a program of the folder `test` with the arguments of this one. It needs neither a build nor a server. */
export async function runSource(program) {
  const cwd = fileURLToPath(new URL("../test", import.meta.url));
  const args = ["--import", import.meta.resolve("tsx"), program, ...process.argv.slice(2)];
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
}
