import { createHook } from "node:async_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Redis } from "ioredis-6";
import type { TestClient } from "./client";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** All timers, including the ones that keep no process alive: Node lists these nowhere else. */
const timers = new Set<number>();
createHook({
  init: (id, type) => void (type === "Timeout" && timers.add(id)),
  destroy: (id) => void timers.delete(id),
}).enable();

/** Listeners of the client, timers of this process. */
export async function countHere({ listeners }: Pick<TestClient, "listeners">) {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate); // until Node has reported the cleared ones
  return { timers: timers.size, listeners: listeners() };
}

/** The keys and connections of a server, without keys that are meant to stay for a while. */
export async function countThere(redis: Redis) {
  const keys = (await redis.keys("*")).filter((name) => !/~(fence|queue1)$/.test(name));
  const connections = String(await redis.call("CLIENT", "LIST")).match(/^id=/gm)!.length;
  return { keys: keys.length, connections };
}

/** Bytes that are really in use. */
export async function heapUsed(): Promise<number> {
  for (let pass = 0; pass < 3; pass++) {
    collectGarbage();
    await new Promise(setImmediate);
  }
  return process.memoryUsage().heapUsed;
}
