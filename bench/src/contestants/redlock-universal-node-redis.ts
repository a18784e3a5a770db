import { NodeRedisAdapter } from "redlock-universal";
import { connectNodeRedis } from "./connect";
import type { Open } from "./contestant";
import { redlockUniversal } from "./redlock-universal";

export const open: Open = async (port) => {
  const client = await connectNodeRedis(port);
  const adapter = new NodeRedisAdapter(client as unknown as ConstructorParameters<typeof NodeRedisAdapter>[0]);
  return redlockUniversal(adapter, () => client.destroy());
};
