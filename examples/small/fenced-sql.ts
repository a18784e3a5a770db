// A holder that was paused for longer than its lease writes too late. The database refuses it, by the fence of its lock.
import { setTimeout as sleep } from "node:timers/promises";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { Redis } from "ioredis";
import sqlite from "node-sqlite3-wasm";

const redis = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
const locker = createLocker(ioredisDriver(redis));

const db = new sqlite.Database(); // in memory; the same SQL does it in PostgreSQL
db.exec("CREATE TABLE document (id TEXT PRIMARY KEY, body TEXT NOT NULL, fence BIGINT NOT NULL DEFAULT 0)");
db.exec("INSERT INTO document (id, body) VALUES ('1', 'draft')");

const tooLate = () => new Error("a newer holder has read or written this document");

/** Reads under a lock. The read stamps the row too: after it, no earlier holder can change the row. */
function read(id: string, fence: number): unknown {
  const sql = "UPDATE document SET fence = ? WHERE id = ? AND fence <= ? RETURNING body";
  const row = db.get(sql, [fence, id, fence]);
  if (!row) throw tooLate();
  return row.body;
}

function write(id: string, body: string, fence: number): void {
  const sql = "UPDATE document SET body = ?, fence = ? WHERE id = ? AND fence <= ?";
  if (db.run(sql, [body, fence, id, fence]).changes === 0) throw tooLate();
}

// The first holder reads, and then its process is paused for longer than its lease.
const slow = await locker.acquire("document:1", { ttl: 1_000 });
const old = read("1", slow.fence);
await sleep(1_500);

// Meanwhile a second holder gets the lock, reads and writes.
await locker.withLock("document:1", async ({ fence }) => {
  write("1", `${read("1", fence)}, by the second holder`, fence);
});

// The first holder goes on as if nothing had happened.
try {
  write("1", `${old}, by the first holder`, slow.fence);
} catch (error) {
  console.log("refused:", (error as Error).message);
}
console.log(db.get("SELECT body FROM document")); // { body: 'draft, by the second holder' }

db.close();
await locker.close();
await redis.quit();
