import { createLocker } from "@distlock/core";
import { clients } from "../clients";
import { writeFenced } from "../fenced";

/** Waits, with each client, for the lock of its name, writes under its fence, and tells. */
const [url, ...names] = process.argv.slice(2) as [string, ...string[]];
process.once("disconnect", () => process.exit()); // with its parent, however that ends

async function write(name: string): Promise<void> {
  const redis = await clients[name]!(url);
  const locker = createLocker(redis.driver);
  await locker.withLock(name, { timeout: 20_000 }, async ({ fence }) => {
    const taken = await writeFenced(url, name, fence, "theirs");
    process.send!({ name, fence, taken });
  });
  await locker.close();
  redis.close();
}
await Promise.all(names.map(write));
process.disconnect();
