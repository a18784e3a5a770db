import { IoredisAdapter } from "redlock-universal";
import { connectIoredis } from "./connect";
import type { Open } from "./contestant";
import { redlockUniversal } from "./redlock-universal";

export const open: Open = async (port) => {
  const client = await connectIoredis(port);
  return redlockUniversal(new IoredisAdapter(client), () => client.disconnect());
};
