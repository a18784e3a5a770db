import { createHash, randomUUID } from "node:crypto";
import type { ListReader, RedisConnection } from "@distlock/core/driver";
import { type RedisServer, startRedis } from "@distlock/testing";
import { Cluster as Cluster5, Redis as Redis5 } from "ioredis-5";
import { Cluster as Cluster6, Redis as Redis6 } from "ioredis-6";
import * as redis4 from "redis-4";
import * as redis5 from "redis-5";
import * as redis6 from "redis-6";
import { afterAll, describe, expect, test } from "vitest";
import { type Ioredis, ofIoredis, ofNodeRedis, type TestClient } from "../support/client";

const server = await startRedis();
/** A Cluster of one node, which refuses keys of several slots as any other does. */
const cluster = await startRedis({ args: ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"] });
await cluster.command("CLUSTER", "ADDSLOTS", ...Array.from({ length: 16_384 }, (_, slot) => String(slot)));
while (!String(await cluster.command("CLUSTER", "INFO")).includes("cluster_state:ok")) await new Promise(setImmediate);

const closers: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closers) close();
  for (const each of [server, cluster]) await each.stop();
});

type User = { readonly username?: string; readonly password?: string };

function connectionOf({ connection, close }: TestClient): RedisConnection {
  closers.push(close);
  return connection;
}

const viaIoredis = (client: Ioredis): RedisConnection => connectionOf(ofIoredis(client));

const viaNodeRedis = async (client: object): Promise<RedisConnection> => connectionOf(await ofNodeRedis(client));

const at = { port: server.port };
const node = { host: cluster.host, port: cluster.port };
const rootNodes = [{ url: cluster.url }];

/** Every client version, of one server and of a Cluster. */
const clients: Record<string, [RedisServer, (user?: User) => RedisConnection | Promise<RedisConnection>]> = {
  "ioredis 5.11.1": [server, (user) => viaIoredis(new Redis5({ ...at, ...user, keyPrefix: "{app}:" }))],
  "ioredis 6.0.0": [server, (user) => viaIoredis(new Redis6({ ...at, ...user, enableAutoPipelining: true }))],
  "redis 4.7.1": [server, (user) => viaNodeRedis(redis4.createClient({ socket: at, ...user }))],
  "redis 5.12.1": [server, (user) => viaNodeRedis(redis5.createClient({ socket: at, ...user }))],
  "redis 6.3.1": [server, (user) => viaNodeRedis(redis6.createClient({ socket: at, ...user }))],
  "redis 6.3.1, a pool": [server, (user) => viaNodeRedis(redis6.createClientPool({ socket: at, ...user }))],
  "ioredis 5.11.1, Cluster": [cluster, (user) => viaIoredis(new Cluster5([node], { redisOptions: { ...user } }))],
  "ioredis 6.0.0, Cluster": [
    cluster,
    (user) => viaIoredis(new Cluster6([node], { redisOptions: { ...user }, scaleReads: "slave" })),
  ],
  "redis 4.7.1, Cluster": [
    cluster,
    (user) => viaNodeRedis(redis4.createCluster({ rootNodes, defaults: { ...user }, useReplicas: true })),
  ],
  "redis 5.12.1, Cluster": [
    cluster,
    (user) => viaNodeRedis(redis5.createCluster({ rootNodes, defaults: { ...user } } as never)),
  ],
  "redis 6.3.1, Cluster": [
    cluster,
    (user) => viaNodeRedis(redis6.createCluster({ rootNodes, defaults: { ...user }, useReplicas: true } as never)),
  ],
};

const PUSH = "redis.call('RPUSH', KEYS[1], ARGV[1]); return { 'pushed', ARGV[1] }";
const FAIL = "redis.call('RPUSH', KEYS[1], ARGV[1]); return redis.error_reply('NOTTODAY it is sunday')";
const UNKNOWN = "0".repeat(40);

describe.for(Object.entries(clients))("lists by %s", ([client, [of, connect]]) => {
  const newKeys = () => {
    const key = `{${randomUUID()}}`;
    return [`${key}:list`, `${key}:other`] as const;
  };

  test("are read between the indexes of the call", async () => {
    const connection = await connect();
    const [key] = newKeys();
    expect(await connection.lists!.lrange(key, 0, -1)).toEqual([]);
    for (const text of ["one", "two", "three"]) await connection.eval(PUSH, [key], [text]);
    expect(await connection.lists!.lrange(key, 0, -1)).toEqual(["one", "two", "three"]);
    expect(await connection.lists!.lrange(key, -3, -2)).toEqual(["one", "two"]);
    expect(await connection.lists!.lrange(key, 1, 1)).toEqual(["two"]);
  });

  test("are read right after a script that was run whole or by its name, and nothing comes in between", async () => {
    const both = [await connect(), await connect()] as const;
    const keys = newKeys();
    const found = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const last = `push ${i}`;
        const { lists } = both[i % 2]!;
        const [reply, texts] = await lists!.lrangeAfter("eval", PUSH, keys, [last], -1, -1);
        return [reply, texts, last];
      }),
    );
    for (const [reply, texts, last] of found) expect([reply, texts]).toEqual([["pushed", last], [last]]);
    const sha1 = createHash("sha1").update(PUSH).digest("hex");
    const named = await both[0].lists!.lrangeAfter("evalSha", sha1, keys, ["last"], -1, -1);
    expect(named).toEqual([["pushed", "last"], ["last"]]);
  });

  test("are not read, and the script's own error is the rejection, when that fails", async () => {
    const lists = (await connect()).lists as ListReader;
    const keys = newKeys();
    await expect(lists.lrangeAfter("evalSha", UNKNOWN, keys, [], 0, -1)).rejects.toThrow(/^NOSCRIPT/);
    await expect(lists.lrangeAfter("eval", FAIL, keys, ["x"], 0, -1)).rejects.toThrow(/^NOTTODAY/);
    await expect(lists.lrangeAfter("eval", "redis.call('SET', KEYS[1], 1)", keys, [], 0, -1)).rejects.toThrow(
      /^WRONGTYPE/,
    );
    await expect(lists.lrange(keys[0], 0, -1)).rejects.toThrow(/^WRONGTYPE/);
  });

  test("are read by a user who may only read, and name the missing right of others", async () => {
    const name = randomUUID();
    await of.command(
      "ACL",
      "SETUSER",
      name,
      "on",
      `>${name}`,
      "~*",
      "+@read",
      "+cluster",
      "+client",
      "+multi",
      "+exec",
    );
    const lists = (await connect({ username: name, password: name })).lists as ListReader;
    const keys = newKeys();
    expect(await lists.lrange(keys[0], 0, -1)).toEqual([]);
    // That client hides the error before EXEC.
    const refusal = client.startsWith("redis 4") ? /^EXECABORT/ : /^NOPERM/;
    await expect(lists.lrangeAfter("eval", PUSH, keys, ["x"], 0, -1)).rejects.toThrow(refusal);
  });
});
