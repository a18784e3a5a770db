import type { Driver } from "@distlock/core";
import { driverContract, startRedis } from "@distlock/testing";
import { Cluster as Cluster53 } from "ioredis-5.3";
import { Cluster as Cluster510 } from "ioredis-5.10";
import { Cluster as Cluster6, Redis } from "ioredis-6";
import { Cluster as ValkeyCluster } from "iovalkey";
import * as redis46 from "redis-4.6";
import * as redis50 from "redis-5.0";
import * as redis58 from "redis-5.8";
import * as redis63 from "redis-6";
import * as redis60 from "redis-6.0";
import { afterAll, describe, test } from "vitest";
import { allSlots } from "../support/all-slots";
import { type Ioredis, ofIoredis, ofNodeRedis, type TestClient } from "../support/client";

/** The driver contract through the Cluster classes of clients, on a Cluster of one node. See also `locks.test.ts`. */
const server = await startRedis({ args: ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"] });
const door = new Redis(server.url);
const closers: (() => unknown)[] = [() => door.disconnect()];

await door.cluster("ADDSLOTS", ...allSlots);
while (!String(await door.cluster("INFO")).includes("cluster_state:ok")) await new Promise(setImmediate);

afterAll(async () => {
  for (const close of closers) await close();
  await server.stop();
});

const node = { host: server.host, port: server.port };
const rootNodes = [{ url: server.url }];

function driverOf(client: TestClient): Driver {
  closers.push(client.close);
  return client.driver;
}

const viaIoredis =
  (Cluster: new (nodes: { host: string; port: number }[], options: { keyPrefix: string }) => Ioredis) =>
  (keyPrefix: string): Driver =>
    driverOf(ofIoredis(new Cluster([node], { keyPrefix })));

const viaNodeRedis =
  (library: { createCluster(options: object): object }) =>
  async (keyPrefix: string): Promise<Driver> =>
    driverOf(await ofNodeRedis(library.createCluster(keyPrefix ? { rootNodes, keyPrefix } : { rootNodes })));

const prefixes = ["app:", "{app}:"];
const kinds: Readonly<Record<string, [string[], (keyPrefix: string) => Driver | Promise<Driver>]>> = {
  "ioredis 5.3.0": [["app:"], viaIoredis(Cluster53)],
  "ioredis 5.10.0": [["{app}:"], viaIoredis(Cluster510)],
  "ioredis 6.0.0": [prefixes, viaIoredis(Cluster6)],
  "iovalkey 0.4.0": [["app:"], viaIoredis(ValkeyCluster)],
  "redis 4.6.0": [[""], viaNodeRedis(redis46)],
  "redis 5.0.0": [[""], viaNodeRedis(redis50)],
  "redis 5.8.0": [[""], viaNodeRedis(redis58)],
  "redis 6.0.0": [[""], viaNodeRedis(redis60)],
  "redis 6.3.1": [prefixes, viaNodeRedis(redis63)],
};

for (const [name, [keyPrefixes, create]] of Object.entries(kinds)) {
  for (const keyPrefix of keyPrefixes) {
    const cases = driverContract({
      drivers: [await create(keyPrefix), await create(keyPrefix)],
      command: (command, ...args) => door.call(command!, ...args),
      keyPrefix,
    });
    describe(`the Cluster of ${name}${keyPrefix && `, with the keyPrefix ${keyPrefix}`}`, () => {
      test.for([...cases])("$title", (each: (typeof cases)[number]) => each.run());
    });
  }
}
