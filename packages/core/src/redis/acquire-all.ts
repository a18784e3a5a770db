import acquireAllLua from "../../lua/acquire-all.lua";
import acquireOneLua from "../../lua/acquire-one.lua";
import handOverLua from "../../lua/hand-over.lua";
import type { AcquireAllReply, AcquireAllRequest, Call, Driver } from "../driver/driver";
import type { RedisConnection } from "./connection";
import type { LockKeys } from "./lock-keys";
import { acquireReply, integer, read, unknown } from "./replies";
import { script } from "./script";

/** Keys that follow each other and share a slot. */
function groups(keys: readonly string[], slotOf: LockKeys["slotOf"]): readonly (readonly string[])[] {
  const found: string[][] = [];
  let slot: string | undefined;
  for (const key of keys) {
    const own = slotOf(key);
    if (own === slot) found.at(-1)!.push(key);
    else found.push([key]);
    slot = own;
  }
  return found;
}

/**
 * Several locks for one token: one script for those of a slot, slot after slot. All who take several keys take them in the
 * same order, so that nobody waits for somebody who waits for him.
 */
export function acquireAllOf(
  connection: RedisConnection,
  { add, slotOf }: LockKeys,
  common: readonly string[],
  release: Driver["release"],
): Driver["acquireAll"] {
  const run = script(connection, handOverLua + acquireOneLua + acquireAllLua);

  async function acquireGroup(
    group: readonly string[],
    { token, ttl, place }: AcquireAllRequest,
    call: Call,
  ): Promise<AcquireAllReply> {
    const keys: string[] = [];
    for (const key of group) add(keys, key, token);
    const at = place && place.ticket > 0 ? group.indexOf(place.key) + 1 : 0;
    const args = [...common, token, `${ttl}`, place ? `${at}` : "", `${place?.ticket ?? ""}`];
    const reply = await run(keys, args, call);
    return read(group[0]!, () => {
      if (!Array.isArray(reply)) throw unknown(group[0]!, reply);
      const isFence = (value: unknown) => /^\d+$/.test(String(value));
      if (reply.length === group.length && reply.every(isFence)) {
        return { status: "granted", fences: reply.map(integer) };
      }
      const key = group[integer(reply[0]) - 1] ?? group[0]!;
      const one = acquireReply(key, reply[1]);
      if (one.status === "granted") throw unknown(key, reply);
      return { ...one, key };
    });
  }

  return async (request, call) => {
    const fences: number[] = [];
    const taken: string[] = [];
    for (const group of groups(request.keys, slotOf)) {
      if (call.abandoned) throw new Error("the request was abandoned");
      const reply = await acquireGroup(group, request, call);
      if (reply.status !== "granted") {
        if (reply.status === "held") {
          await Promise.all(taken.map((key) => release({ key, token: request.token, undo: false })));
        }
        return reply;
      }
      fences.push(...reply.fences);
      taken.push(...group);
    }
    return { status: "granted", fences };
  };
}
