import { randomUUID } from "node:crypto";
import type { RedisServer } from "@distlock/testing";
import { expect } from "vitest";
import { startWorker } from "../support/worker";

/** What a counter has in the end to which a process of each client adds, 250 times, by reading it and writing it. */
export async function countTogether(
  server: RedisServer,
  mode: "locked" | "bare" | "several",
  clients: readonly string[],
): Promise<number> {
  const key = `counter:${randomUUID()}`;
  const workers = clients.map((client) =>
    startWorker("count", client, server.url, key, mode === "several" ? "100" : "250", mode),
  );
  await Promise.all(workers.map((worker) => worker.next()));
  for (const worker of workers) worker.process.send("go");
  expect(await Promise.all(workers.map((worker) => worker.ended))).toEqual(clients.map(() => 0));
  const counters = mode === "several" ? [0, 1, 2].map((i) => `${key}:${i}`) : [key];
  const values = await Promise.all(counters.map((counter) => server.command("GET", counter)));
  return values.reduce<number>((sum, value) => sum + Number(value), 0);
}
