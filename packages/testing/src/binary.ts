import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const canRun = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Path of the server to test with: `REDIS_SERVER` if set, otherwise `redis-server` or `valkey-server` on `PATH`. Throws if there is none. */
export function findRedisServer(env: NodeJS.ProcessEnv = process.env): string {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const find = (name: string) => folders.map((folder) => join(folder, name)).find(canRun);
  if (env.REDIS_SERVER) {
    const path = env.REDIS_SERVER.includes("/") ? env.REDIS_SERVER : find(env.REDIS_SERVER);
    if (path && canRun(path)) return path;
    throw new Error(`REDIS_SERVER is ${JSON.stringify(env.REDIS_SERVER)}, which is not an executable program`);
  }
  const path = find("redis-server") ?? find("valkey-server");
  if (path) return path;
  throw new Error("no redis-server or valkey-server on PATH: install one, or set REDIS_SERVER to its path");
}
