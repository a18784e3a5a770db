import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ensureRedis } from "./ensure-redis.mjs";
import { quietly } from "./quietly.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(process.argv[2] === "--" ? 3 : 2);

try {
  if (!args.includes("--help")) {
    await ensureRedis();
    console.log("building the packages …");
    await quietly("turbo", ["run", "build", "--filter=@distlock-private/bench^...", "--output-logs=errors-only"], {
      cwd: root,
    });
  }
  const main = ["--import", import.meta.resolve("tsx"), "src/main.ts", ...args];
  process.exitCode = spawnSync(process.execPath, main, { cwd: `${root}bench`, stdio: "inherit" }).status ?? 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
