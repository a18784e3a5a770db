import { type FaultProxy, type RedisServer, startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, afterEach, beforeEach } from "vitest";
import { createLockers } from "./lockers";
import { refuseUnhandledRejections } from "./unhandled";

interface BehindProxy {
  readonly server: RedisServer;
  /** To the server itself. */
  readonly redis: Redis;
  /** The proxy of the running test. */
  readonly proxy: FaultProxy;
  readonly open: ReturnType<typeof createLockers>["open"];
}

/** A server for all tests of a file, and for each test a proxy before it and lockers that end with it. */
export async function behindProxy(): Promise<BehindProxy> {
  const server = await startRedis();
  const redis = new Redis(server.url);
  const { open, end } = createLockers();
  let proxy: FaultProxy;

  refuseUnhandledRejections();
  beforeEach(async () => {
    proxy = await startFaultProxy(server);
  });
  afterEach(async () => {
    await server.signal("SIGCONT");
    await end();
    await proxy.stop();
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  return {
    server,
    redis,
    open,
    get proxy() {
      return proxy;
    },
  };
}
