import { ioredisDriver } from "@distlock/ioredis";
import { driverContract, startRedis } from "@distlock/testing";
import { Redis as Redis511 } from "ioredis-5";
import { Redis as Redis53 } from "ioredis-5.3";
import { Redis as Redis510 } from "ioredis-5.10";
import { Redis as Redis6 } from "ioredis-6";
import { Redis as Valkey } from "iovalkey";
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

type Settings = Readonly<Record<string, Setting>>;

const whole: Settings = {
  "all at once": { keyPrefix: "all:", db: 3, enableAutoPipelining: true, stringNumbers: true },
};
const ends: Settings = { "no options": {}, ...whole };
const each: Settings = {
  ...ends,
  keyPrefix: { keyPrefix: "app:" },
  "a keyPrefix with a hash tag": { keyPrefix: "{app}:" },
  db: { db: 5 },
  "auto-pipelining": { enableAutoPipelining: true },
  stringNumbers: { stringNumbers: true },
};

/** The newest with each setting, the oldest with none and all, the rest with all. */
const versions = {
  "ioredis 5.3.0": [ends, (options: Setting) => new Redis53(server.port, options)],
  "ioredis 5.10.0": [whole, (options: Setting) => new Redis510(server.port, options)],
  "ioredis 5.11.1": [whole, (options: Setting) => new Redis511(server.port, options)],
  "ioredis 6.0.0": [each, (options: Setting) => new Redis6(server.port, options)],
  "iovalkey 0.4.0": [whole, (options: Setting) => new Valkey(server.port, options)],
} as const;

describe.for(Object.entries(versions))("%s", ([, [settings, create]]) => {
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
    test.for([...cases])("$title", (one: (typeof cases)[number]) => one.run());
  });
});
