import { createLocker } from "@distlock/core";
import { clients } from "../clients";
import { untilWaiting } from "../until";

/** Waits and is granted, so that it listens; ends on command, like a service that closes its client. */
const [client, url] = process.argv.slice(2) as [string, string];
const redis = await clients[client]!(url);
const [holder, locker] = [createLocker(redis.driver), createLocker(redis.driver)];

const held = await holder.acquire("end");
const waiting = locker.acquire("end");
await untilWaiting(holder, "end", 1);
await held.release();
await (await waiting).release();
process.once("message", () => {
  redis.close();
  process.disconnect();
});
process.send!("waits for nothing");
