import { createHash } from "node:crypto";
import { bare, extendLua, releaseLua } from "./bare";
import { connectIoredis } from "./connect";
import type { Open } from "./contestant";

export const open: Open = async (port) => {
  const client = await connectIoredis(port);
  const load = async (lua: string) => {
    await client.script("LOAD", lua);
    return createHash("sha1").update(lua).digest("hex");
  };
  const releaseSha = await load(releaseLua);
  const extendSha = await load(extendLua);
  return bare({
    set: async (key, token, ttl) => (await client.set(key, token, "PX", ttl, "NX")) === "OK",
    release: (key, token) => client.evalsha(releaseSha, 1, key, token),
    extend: (key, token, ttl) => client.evalsha(extendSha, 1, key, token, ttl),
    disconnect: () => client.disconnect(),
  });
};
