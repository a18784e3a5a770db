// A holder that was paused for longer than its lease writes too late. The database refuses it, by the fence of its lock.
import { setTimeout as sleep } from "node:timers/promises";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { PGlite } from "@electric-sql/pglite";
import { Redis } from "ioredis";

const redis = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
const locker = createLocker(ioredisDriver(redis));

const db = await PGlite.create(); // PostgreSQL inside of this process; yours is a client of a server
await db.exec("CREATE TABLE document (id text PRIMARY KEY, body text NOT NULL, fence bigint NOT NULL DEFAULT 0)");
await db.exec("INSERT INTO document (id, body) VALUES ('1', 'draft')");

/** Reads under a lock. The read stamps the row as well: an earlier holder can't change it any more after that. */
async function read(id: string, fence: number): Promise<string> {
  const sql = "UPDATE document SET fence = $1 WHERE id = $2 AND fence <= $1 RETURNING body";
  const { rows } = await db.query<{ body: string }>(sql, [fence, id]);
  if (!rows[0]) throw new Error("a newer holder has read or written this document");
  return rows[0].body;
}

async function write(id: string, body: string, fence: number): Promise<void> {
  const sql = "UPDATE document SET body = $1, fence = $2 WHERE id = $3 AND fence <= $2";
  const { affectedRows } = await db.query(sql, [body, fence, id]);
  if (affectedRows === 0) throw new Error("a newer holder has read or written this document");
}

// The first holder reads, and then its process is paused for longer than its lease.
const slow = await locker.acquire("document:1", { ttl: 100 });
const old = await read("1", slow.fence);
await sleep(200);

// Meanwhile somebody else gets the lock, reads and writes.
await locker.withLock("document:1", async ({ fence }) => {
  await write("1", `${await read("1", fence)}, by the second holder`, fence);
});

// The first holder goes on as if nothing had happened.
await write("1", `${old}, by the first holder`, slow.fence).catch((error: Error) =>
  console.log("refused:", error.message),
);
console.log((await db.query("SELECT body FROM document")).rows); // [ { body: 'draft, by the second holder' } ]

await db.close();
await locker.close();
await redis.quit();
