import { bare, extendLua, releaseLua } from "./bare";
import { connectNodeRedis } from "./connect";
import type { Open } from "./contestant";

export const open: Open = async (port) => {
  const client = await connectNodeRedis(port);
  const releaseSha = await client.scriptLoad(releaseLua);
  const extendSha = await client.scriptLoad(extendLua);
  return bare({
    set: async (key, token, ttl) =>
      (await client.set(key, token, { condition: "NX", expiration: { type: "PX", value: ttl } })) === "OK",
    release: (key, token) => client.evalSha(releaseSha, { keys: [key], arguments: [token] }),
    extend: (key, token, ttl) => client.evalSha(extendSha, { keys: [key], arguments: [token, String(ttl)] }),
    disconnect: () => client.destroy(),
  });
};
