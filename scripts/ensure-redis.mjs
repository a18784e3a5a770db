import { existsSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { installerOf, isOnPath } from "./installers.mjs";
import { quietly } from "./quietly.mjs";

/** The package of a server, by the tool that installs it. */
const names = { default: "redis", "apt-get": "redis-server", pacman: "valkey" };

/** Debian's package starts a service on port 6379 where it can. There was none before, and only the program is needed. */
async function stopNewService() {
  const [program, ...args] = existsSync("/run/systemd/system")
    ? ["systemctl", "disable", "--now", "redis-server"]
    : ["service", "redis-server", "stop"];
  await quietly(program, args).catch(() => {});
}

/**
 * Makes sure that there is a server to run. Installs one where that needs no question; elsewhere rejects with a sentence that says
 * what to do, with `otherwise` as one more way.
 */
export async function ensureRedis(env = process.env, otherwise) {
  if (env.REDIS_SERVER || isOnPath("redis-server", env) || isOnPath("valkey-server", env)) return;
  const installer = installerOf(names, env);
  if (installer?.run === undefined) {
    const ways = [
      installer ? `install it with "${installer.command}"` : "install Redis 5 (or later) or Valkey",
      "set REDIS_SERVER to the path of one",
      ...(otherwise ? [otherwise] : []),
    ];
    throw new Error(`there is no redis-server on PATH: ${ways.slice(0, -1).join(", ")}, or ${ways.at(-1)}`);
  }
  console.log(`installing redis-server with ${installer.tool} …`);
  await installer.run();
  if (installer.tool === "apt-get") await stopNewService();
  if (!isOnPath("redis-server", env)) {
    throw new Error(`${installer.tool} did not put a redis-server on PATH: set REDIS_SERVER to the path of one`);
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await ensureRedis().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
