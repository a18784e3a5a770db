import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { nodeRedisConnection, nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { GlideClient, Logger } from "@valkey/valkey-glide";
import { Redis as Redis53 } from "ioredis-5.3";
import { Redis as Redis6 } from "ioredis-6";
import { Redis as Valkey } from "iovalkey";
import * as redis46 from "redis-4.6";
import * as redis6 from "redis-6";
import { afterAll, describe, expect, test } from "vitest";

Logger.init("off");
const server = await startRedis();
const glide = await GlideClient.createClient({ addresses: [{ host: server.host, port: server.port }] });

afterAll(async () => {
  glide.close();
  await server.stop();
});

const lazy = { lazyConnect: true };

type OfIoredis = Parameters<typeof ioredisDriver>[0];
type OfNodeRedis = Parameters<typeof nodeRedisDriver>[0];

const takers = {
  ioredisDriver: (client: unknown) => ioredisDriver(client as OfIoredis),
  ioredisConnection: (client: unknown) => ioredisConnection(client as OfIoredis),
  nodeRedisDriver: (client: unknown) => nodeRedisDriver(client as OfNodeRedis),
  nodeRedisConnection: (client: unknown) => nodeRedisConnection(client as OfNodeRedis),
};

describe.each(Object.entries(takers))("%s refuses by a sentence that says what to do", (name, take) => {
  const ofIoredis = name.startsWith("ioredis");
  const refusal = (what: RegExp) =>
    expect.objectContaining({
      name: "TypeError",
      message: expect.stringMatching(
        new RegExp(
          `^${ofIoredis ? "ioredisDriver needs a client of ioredis" : "nodeRedisDriver needs a client of redis"} .*: ${what.source}$`,
        ),
      ),
    });

  test("a client of the other library", () => {
    const others = ofIoredis
      ? [redis46.createClient(), redis6.createClient(), redis6.createCluster({ rootNodes: [] })]
      : [new Redis53(lazy), new Redis6(lazy), new Valkey(lazy)];
    const what = ofIoredis
      ? /this looks like node-redis, use nodeRedisDriver from "@distlock\/node-redis"/
      : /this looks like ioredis, use ioredisDriver from "@distlock\/ioredis"/;
    for (const other of others) expect(() => take(other)).toThrow(refusal(what));
  });

  test("a promise of a client", async () => {
    const promise = ofIoredis ? Promise.resolve(new Redis6(lazy)) : redis6.createClient({ url: server.url }).connect();
    expect(() => take(promise)).toThrow(refusal(/got a promise, await it first/));
    const client = await promise;
    if ("destroy" in client) client.destroy();
  });

  test("an array of clients", () => {
    const clients = ofIoredis ? [new Redis6(lazy)] : [redis6.createClient()];
    for (const several of [clients, [...clients, ...clients], []]) {
      expect(() => take(several)).toThrow(refusal(/got an array, pass one client: this is not Redlock/));
    }
  });

  test("a client of GLIDE", () => {
    expect(() => take(glide)).toThrow(
      refusal(
        /this looks like GLIDE: a few lines of your own make it a connection for redisDriver of "@distlock\/core\/driver", see docs\/drivers\.md of distlock/,
      ),
    );
  });

  test("whatever else", () => {
    const part = ofIoredis ? new Redis6(lazy).pipeline() : redis6.createClient().multi();
    for (const other of [undefined, null, {}, "redis://x", 7, part]) expect(() => take(other)).toThrow(TypeError);
  });
});

test("nodeRedisDriver refuses legacyMode", () => {
  expect(() => nodeRedisDriver(redis46.createClient({ legacyMode: true }) as unknown as OfNodeRedis)).toThrow(
    /without legacyMode$/,
  );
});
