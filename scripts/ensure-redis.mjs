import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { quietly } from "./quietly.mjs";

const isRoot = process.getuid?.() === 0;

/** The ways to get a redis-server. Where `unasked` is true it is installed; elsewhere the user reads the command. */
const installers = [
  {
    tool: "apt-get",
    command: "sudo apt-get install redis-server",
    unasked: () => isRoot,
    async install(env) {
      const unattended = { env: { ...env, DEBIAN_FRONTEND: "noninteractive" } };
      await quietly("apt-get", ["update"], unattended);
      await quietly("apt-get", ["install", "-y", "--no-install-recommends", "redis-server"], unattended);
      await stopNewService();
    },
  },
  {
    tool: "brew",
    command: "brew install redis",
    unasked: () => !isRoot,
    install: (env) => quietly("brew", ["install", "redis"], { env }),
  },
  { tool: "dnf", command: "sudo dnf install redis" },
  { tool: "apk", command: "sudo apk add redis" },
  { tool: "pacman", command: "sudo pacman -S valkey" },
  { tool: "zypper", command: "sudo zypper install redis" },
];

const isOnPath = (program, env) =>
  (env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      if (folder !== "") accessSync(join(folder, program), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });

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
  const present = installers.filter(({ tool }) => isOnPath(tool, env));
  const installer = present.find(({ unasked }) => unasked?.());
  if (installer === undefined) {
    const ways = [
      present.length > 0 ? `install it with "${present[0].command}"` : "install Redis 5 (or later) or Valkey",
      "set REDIS_SERVER to the path of one",
      ...(otherwise ? [otherwise] : []),
    ];
    throw new Error(`there is no redis-server on PATH: ${ways.slice(0, -1).join(", ")}, or ${ways.at(-1)}`);
  }
  console.log(`installing redis-server with ${installer.tool} …`);
  await installer.install(env);
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
