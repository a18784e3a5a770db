import { createLocker, type Locker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { type RedisServer, type RedisServerOptions, startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { untilWaiting } from "../../../../test/support/until";
import type { Ended, RunOptions } from "./cli";
import { distlock } from "./cli";

/** A server with a locker on it. */
export interface Scene {
  readonly server: RedisServer;
  readonly client: Redis;
  readonly locker: Locker;
  /** Runs the program for this server. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Runs it with `--json`, and returns its lines. */
  json(args: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Another locker on a client of its own. */
  connect(options: { readonly keyPrefix: string }): Locker;
  /** Has so many more calls wait for a key, one after the other, until `clear`. */
  wait(key: string, ...labels: readonly string[]): Promise<void>;
  /** Ends the waits, and deletes all data. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export const parsed = (stdout: string): readonly Readonly<Record<string, unknown>>[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

export async function openScene(options: RedisServerOptions = {}): Promise<Scene> {
  const server = await startRedis(options);
  const clients: Redis[] = [];
  const lockers: Locker[] = [];
  const waits = new Set<Promise<unknown>>();
  let ending = new AbortController();
  const open = (options: { readonly keyPrefix?: string }) => {
    const client = new Redis(server.port, options).on("error", () => {});
    const locker = createLocker(ioredisDriver(client), { label: "api-7:41", timeout: Number.POSITIVE_INFINITY });
    clients.push(client);
    lockers.push(locker);
    return { client, locker };
  };
  const { client, locker } = open({});
  const run: Scene["run"] = (args, { env, ...rest } = {}) =>
    distlock(args, { ...rest, env: { DISTLOCK_URL: server.url, ...env } });
  return {
    server,
    client,
    locker,
    run,
    async json(args) {
      const ended = await run([...args, "--json"]);
      if (ended.stderr !== "") throw new Error(ended.stderr);
      return parsed(ended.stdout);
    },
    connect: (options) => open(options).locker,
    async wait(key, ...labels) {
      const { waiting } = await locker.inspect(key);
      for (const [i, label] of labels.entries()) {
        waits.add(locker.acquire(key, { label, signal: ending.signal }).catch(() => {}));
        await untilWaiting(locker, key, waiting + i + 1);
      }
    },
    async clear() {
      ending.abort();
      await Promise.all(waits);
      waits.clear();
      ending = new AbortController();
      await client.flushall();
    },
    async stop() {
      await Promise.all(lockers.map((each) => each.close()));
      for (const each of clients) each.disconnect();
      await server.stop();
    },
  };
}
