import { ioredisDriver } from "@distlock/ioredis";
import { driverContract, startRedis } from "@distlock/testing";
import { Redis as Redis5 } from "ioredis-5";
import { Redis as Redis6 } from "ioredis-6";
import { afterAll, describe, test } from "vitest";

const server = await startRedis();
const clients: { disconnect(): void }[] = [];

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server.stop();
});

interface Setting {
  keyPrefix?: string;
  db?: number;
  enableAutoPipelining?: boolean;
  stringNumbers?: boolean;
  lazyConnect?: boolean;
}

const versions = {
  "ioredis 5.11.1": (options: Setting) => new Redis5(server.port, options),
  "ioredis 6.0.0": (options: Setting) => new Redis6(server.port, options),
};
const settings: Record<string, Setting> = {
  "no options": {},
  keyPrefix: { keyPrefix: "app:" },
  "a keyPrefix with a hash tag": { keyPrefix: "{app}:" },
  db: { db: 5 },
  "auto-pipelining": { enableAutoPipelining: true },
  stringNumbers: { stringNumbers: true },
  "all at once": { keyPrefix: "all:", db: 3, enableAutoPipelining: true, stringNumbers: true },
};

describe.for(Object.entries(versions))("%s", ([, create]) => {
  describe.for(Object.entries(settings))("with %s", ([, options]) => {
    const connect = (given: Setting) => {
      const client = create({ ...given, lazyConnect: true });
      clients.push(client);
      return client;
    };
    const door = connect({ db: options.db ?? 0 });
    const cases = driverContract({
      drivers: [ioredisDriver(connect(options)), ioredisDriver(connect(options))],
      command: (name, ...args) => door.call(name!, ...args),
      keyPrefix: options.keyPrefix,
    });
    test.for([...cases])("$title", (each: (typeof cases)[number]) => each.run());
  });
});
