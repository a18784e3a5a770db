import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, release, type } from "node:os";
import type { Redis } from "ioredis";

/** Where and with what a result was measured. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  /** The load of the minute before the run: other work on the machine. */
  readonly load: number;
  readonly redis: string;
  readonly node: string;
  /** By package. */
  readonly versions: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);

function versionOf(name: string): string {
  const path = (require.resolve.paths(name) ?? [])
    .map((folder) => `${folder}/${name}/package.json`)
    .find((file) => {
      try {
        return readFileSync(file);
      } catch {
        return false;
      }
    });
  return path === undefined ? "unknown" : JSON.parse(readFileSync(path, "utf8")).version;
}

const libraries = [
  "@distlock/core",
  "@distlock/memory",
  "ioredis",
  "redis",
  "redis-semaphore",
  "redlock",
  "redlock-universal",
  "simple-redis-mutex",
  "node-redisson",
];

export async function describeMachine(control: Redis): Promise<Machine> {
  const server = await control.info("server");
  const redis = /^(?:valkey_version|redis_version):(\S+)/m.exec(server)?.[1] ?? "unknown";
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    system: `${type()} ${release()}`,
    load: loadavg()[0]!,
    redis,
    node: process.version,
    versions: Object.fromEntries(libraries.map((name) => [name, versionOf(name)])),
  };
}
