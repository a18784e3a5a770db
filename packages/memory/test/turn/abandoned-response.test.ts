import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, get, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as WebStream } from "node:stream/web";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { LockedMemory, type Turn } from "../../src/index";
import { ioredis } from "../support/clients";
import { FencedMemory } from "../support/fenced-memory";
import { createGate } from "../support/gate";

const redis = await startRedis();
afterAll(() => redis.stop());
const locker = createLocker(ioredisDriver(ioredis(redis.port)));

/** More than the buffers of a connection hold. */
async function* longAnswer(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 2_000; i++) yield new Uint8Array(10_000);
}

type Send = (turn: Turn<string>, response: ServerResponse) => unknown;

const readable = (turn: Turn<string>): Readable =>
  Readable.fromWeb(turn.hold(ReadableStream.from(longAnswer()) as ReadableStream<Uint8Array>) as WebStream);

/** Asks, reads the first of the answer, and goes away. Returns when the session has been free again. */
async function leave(maxIdle: number, send: Send): Promise<void> {
  const memory = new LockedMemory(new FencedMemory(), locker, { key: `memory:{${randomUUID()}}` });
  const server = createServer(async (_request, response) => {
    void send(await memory.beginTurn({ maxIdle }), response);
  }).listen(0);
  try {
    await once(server, "listening");
    const request = get({ port: (server.address() as AddressInfo).port });
    const [answer] = await once(request, "response");
    await once(answer, "readable"); // and it reads no more
    await expect(memory.beginTurn({ whenBusy: "reject" })).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED" });
    request.destroy();
    await memory.withTurn({ timeout: 20_000 }, (next) => next.append(["next"]));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("a client that leaves a response which was piped frees the session after maxIdle", () =>
  leave(1_000, (turn, response) => readable(turn).pipe(response)));

test.each<[string, (turn: Turn<string>) => Readable | AsyncIterable<Uint8Array>]>([
  ["a stream", readable],
  ["a generator", (turn) => turn.hold(longAnswer())],
])("a client that leaves a response which came by pipeline, of %s, frees it at once", async (_, open) => {
  const ended = createGate();
  await leave(Number.POSITIVE_INFINITY, (turn, response) => {
    pipeline(open(turn), response).catch(({ code }) => code === "ERR_STREAM_PREMATURE_CLOSE" && ended.open());
  });
  await ended.opened;
});
