import { lock } from "simple-redis-mutex";
import { connectNodeRedis } from "./connect";
import { type Open, TTL } from "./contestant";

export const open: Open = async (port) => {
  const client = await connectNodeRedis(port);
  return {
    acquire: (key) => lock(client as unknown as Parameters<typeof lock>[0], key, { timeout: TTL }),
    // A graceful end, on which the library closes its subscriber.
    close: () => client.close(),
  };
};
