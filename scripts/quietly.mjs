import { spawn } from "node:child_process";

/** Runs a program, shows none of its output, and passes signals on. If the program fails, rejects with all that it printed. */
export async function quietly(program, args, { cwd, env } = {}) {
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      printed += text;
    });
  }
  const passOn = (signal) => child.kill(signal);
  process.on("SIGINT", passOn).on("SIGTERM", passOn);
  try {
    const end = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(signal ?? code));
    });
    if (end !== 0) throw new Error(`${[program, ...args].join(" ")} ended with ${end}:\n${printed.trimEnd()}`);
  } finally {
    process.off("SIGINT", passOn).off("SIGTERM", passOn);
  }
}
