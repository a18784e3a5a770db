// Tested by packages/testing/src/contract/several.ts, test/locking/several-keys.test.ts
import acquireAllLua from "../../lua/acquire-all.lua";
import type { AcquireReply, AcquireRequest, Call, Driver } from "../driver/driver";
import type { RedisConnection } from "./connection";
import type { LockKeys } from "./lock-keys";
import { rejectAsDriver } from "./redis-error";
import { acquireAllReply, read } from "./replies";
import { script } from "./script";
import { withTimes } from "./script-times";

/** Cuts the keys into runs of keys that share a slot. */
function groupsOf(keys: readonly string[], slotOf: LockKeys["slotOf"]): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let slot: string | undefined;
  for (const key of keys) {
    const own = slotOf(key);
    if (own === slot) groups.at(-1)!.push(key);
    else groups.push([key]);
    slot = own;
  }
  return groups;
}

/**
 * Several locks for one token: one script for the locks of a slot, slot after slot. All requests take keys in the same order,
 * so that no two of them wait for each other.
 */
export function acquireAllOf(
  connection: RedisConnection,
  { add, slotOf }: LockKeys,
  fenceTtl: number,
  release: Driver["release"],
): Driver["acquire"] {
  const run = script(connection, withTimes(acquireAllLua, fenceTtl));

  async function acquireGroup(
    group: readonly string[],
    { token, ttl, place }: AcquireRequest,
    call: Call,
  ): Promise<AcquireReply> {
    const keys: string[] = [];
    for (const key of group) add(keys, key);
    const placeInGroup = place && place.ticket > 0 ? group.indexOf(place.key) + 1 : 0;
    const args = [token, `${ttl}`, place ? `${placeInGroup}` : "", `${place?.ticket ?? ""}`];
    const reply = await run(keys, args, call).catch(rejectAsDriver);
    return read(group[0]!, () => acquireAllReply(group, reply));
  }

  return async (request, call) => {
    const fences: number[] = [];
    const taken: string[] = [];
    for (const group of groupsOf(request.keys, slotOf)) {
      if (call.abandoned) throw new Error("the request was abandoned");
      const reply = await acquireGroup(group, request, call);
      if (reply.status === "granted") {
        fences.push(...reply.fences);
        taken.push(...group);
        continue;
      }
      if (reply.status === "held") {
        await Promise.all(taken.map((key) => release({ key, token: request.token, tombstone: false })));
      }
      return reply;
    }
    return { status: "granted", fences };
  };
}
