import { idOf } from "./cluster-view";
import type { RedisServer } from "./redis-server";
import type { Reply } from "./resp";

/** Moves one slot, as `redis-cli --cluster reshard` does it, while clients use it. */
export async function moveSlot(
  slot: number,
  source: RedisServer,
  target: RedisServer,
  primaries: readonly RedisServer[],
  during?: () => Promise<unknown>,
): Promise<void> {
  const [from, to] = [await idOf(source), await idOf(target)];
  const setSlot = (node: RedisServer, ...args: string[]) => node.command("CLUSTER", "SETSLOT", String(slot), ...args);
  await setSlot(target, "IMPORTING", from);
  await setSlot(source, "MIGRATING", to);
  await during?.();
  for (;;) {
    const keys = (await source.command("CLUSTER", "GETKEYSINSLOT", String(slot), "100")) as readonly Reply[];
    if (keys.length === 0) break;
    await source.command("MIGRATE", target.host, `${target.port}`, "", "0", "5000", "KEYS", ...keys.map(String));
  }
  // First the new one, so that at no time nobody has the slot.
  for (const node of [target, source, ...primaries]) await setSlot(node, "NODE", to);
}
