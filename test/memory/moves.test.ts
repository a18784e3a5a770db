import type { RedisConnection } from "@distlock/core/driver";
import { type Message, RedisMemory, sessionKey } from "@distlock/memory";
import { startCluster } from "@distlock/testing";
import { Cluster as Cluster5 } from "ioredis-5";
import { Cluster as Cluster6 } from "ioredis-6";
import * as redis4 from "redis-4";
import * as redis5 from "redis-5";
import * as redis6 from "redis-6";
import { afterAll, expect, test } from "vitest";
import { type Ioredis, ofIoredis, ofNodeRedis, type TestClient } from "../support/client";

const cluster = await startCluster();
const nodes = cluster.nodes.slice(0, 3);
const rootNodes = nodes.map(({ url }) => ({ url }));
const closers: (() => unknown)[] = [];

afterAll(async () => {
  for (const close of closers) close();
  await cluster.stop();
});

function connectionOf({ connection, close }: TestClient): RedisConnection {
  closers.push(close);
  return connection;
}

const viaIoredis = (client: Ioredis): RedisConnection => connectionOf(ofIoredis(client));

const viaNodeRedis = async (client: object): Promise<RedisConnection> => connectionOf(await ofNodeRedis(client));

const at = nodes.map(({ host, port }) => ({ host, port }));
const clients: Record<string, () => RedisConnection | Promise<RedisConnection>> = {
  "ioredis 5.11.1": () => viaIoredis(new Cluster5(at)),
  "ioredis 6.0.0": () => viaIoredis(new Cluster6(at)),
  "redis 4.7.1": () => viaNodeRedis(redis4.createCluster({ rootNodes })),
  "redis 5.12.1": () => viaNodeRedis(redis5.createCluster({ rootNodes })),
  "redis 6.3.1": () => viaNodeRedis(redis6.createCluster({ rootNodes })),
};

const said = (content: string): Message => ({ role: "user", content });

test.for(Object.entries(clients))(
  "a conversation is read and written in turns while its slot moves, and after that, %s",
  async ([name, connect]) => {
    const connection = await connect();
    const memory = new RedisMemory(connection, { session: name });
    await memory.append([said("1")], { fence: 1 });
    expect(await memory.load({ fence: 2 })).toEqual([said("1")]);
    await cluster.move(sessionKey(name), async () => {
      expect(await memory.load({ fence: 3 })).toEqual([said("1")]);
      await memory.append([said("2")], { fence: 3 });
    });
    expect(await memory.load({ fence: 4 })).toEqual([said("1"), said("2")]);
    expect(await memory.load()).toEqual([said("1"), said("2")]);
    await expect(memory.load({ fence: 3 })).rejects.toMatchObject({ code: "STALE_TURN" });
    await memory.append([said("3")], { fence: 4 });
    expect(await memory.load({ last: 1 })).toEqual([said("3")]);
  },
);
