// An HTTP service builds a report. While one request builds it, others get 409 Conflict at once, from any instance.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createLocker, LockError, LockNotAcquiredError } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { Redis } from "ioredis";

const redis = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
const locker = createLocker(ioredisDriver(redis));

/** Your work. */
async function buildReport(path: string, signal: AbortSignal): Promise<string> {
  await sleep(300, undefined, { signal });
  return `the report ${path}\n`;
}

/** The status of an answer that should be asked for again, or 500. */
function statusOf(error: unknown): 409 | 500 | 503 {
  if (LockNotAcquiredError.is(error)) return 409; // another request builds this report
  return LockError.is(error) ? 503 : 500; // Redis can't be reached, or the lock was lost
}

const server = createServer(async (request, response) => {
  const path = request.url ?? "/";
  try {
    // With `timeout: 0` there is one attempt and no wait. `withLock` keeps the lock alive however long the report takes.
    const report = await locker.withLock(`report:${path}`, { timeout: 0 }, ({ signal }) => buildReport(path, signal));
    response.end(report);
  } catch (error) {
    const status = statusOf(error);
    response.writeHead(status, status === 500 ? {} : { "retry-after": "1" }).end();
  }
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

const { port } = server.address() as AddressInfo;
const post = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST" })).status;

console.log("at once:", (await Promise.all([post("/may"), post("/may"), post("/june")])).sort()); // [ 200, 200, 409 ]
console.log("later:", await post("/may")); // 200

server.close();
await locker.close();
await redis.quit();
