import { createLocker, type Lock, LockError } from "@distlock/core";
import { stallEventLoop } from "@distlock/testing";
import { connectTo } from "../clients";
import type { Order, Told } from "../waiting-worker";

/** Waits for locks on command, and reports the outcome. */
const [client, url] = process.argv.slice(2) as [string, string];
const redis = await connectTo(client, url);
const locker = createLocker(redis.driver, { timeout: 60_000 });
const held = new Map<number, Lock>();
const tell = (message: Told) => process.send!(message);

async function acquire({ id, key, ttl, hold }: Order & { do: "acquire" }): Promise<void> {
  try {
    const lock = await locker.acquire(key, { ttl });
    const { fence } = lock;
    const remaining = lock.remaining();
    if (hold) held.set(id, lock);
    else await lock.release();
    tell({ granted: id, fence, remaining });
  } catch (error) {
    tell({ failed: id, why: LockError.is(error) ? error.code : String(error) });
  }
}

process.once("disconnect", () => process.exit()); // with its parent, however that ends
process.on("message", async (order: Order) => {
  switch (order.do) {
    case "acquire":
      return acquire(order);
    case "release":
      await held.get(order.id)!.release();
      return tell({ released: order.id });
    case "stall":
      // The message has left when the stall begins.
      process.send!({ stalling: true } satisfies Told, undefined, {}, () => {
        stallEventLoop(order.ms);
        tell({ awake: true });
      });
      return;
    case "end":
      await locker.close();
      redis.close();
      process.disconnect();
  }
});
tell({ ready: true });
