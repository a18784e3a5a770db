import { ioredisDriver } from "@distlock/ioredis";
import { connectIoredis } from "./connect";
import type { Open } from "./contestant";
import { distlock } from "./distlock";

export const open: Open = async (port) => {
  const client = await connectIoredis(port);
  return distlock(ioredisDriver(client), () => client.disconnect());
};
