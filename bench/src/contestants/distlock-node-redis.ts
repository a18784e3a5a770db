import { nodeRedisDriver } from "@distlock/node-redis";
import { connectNodeRedis } from "./connect";
import type { Open } from "./contestant";
import { distlock } from "./distlock";

export const open: Open = async (port) => {
  const client = await connectNodeRedis(port);
  return distlock(nodeRedisDriver(client), () => client.destroy());
};
