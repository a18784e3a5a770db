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
import { LockedMemory } from "../src/index";
import { ioredis } from "./clients";
import { FencedMemory } from "./fenced-memory";

const redis = await startRedis();
afterAll(() => redis.stop());
const locker = createLocker(ioredisDriver(ioredis(redis.port)));

/** More than the buffers of a connection hold. */
async function* longAnswer(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 2_000; i++) yield new Uint8Array(10_000);
}

type Send = (body: Readable, response: ServerResponse) => unknown;

/** Asks, reads the first of the answer, and goes away. Returns when the session has been free again. */
async function leave(maxIdle: number, send: Send): Promise<void> {
  const memory = new LockedMemory(new FencedMemory(), locker, { key: `memory:{${randomUUID()}}` });
  const server = createServer(async (_request, response) => {
    const turn = await memory.beginTurn({ maxIdle });
    const body = turn.hold(ReadableStream.from(longAnswer()) as ReadableStream<Uint8Array>);
    void send(Readable.fromWeb(body as WebStream), response);
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
  leave(1_000, (body, response) => body.pipe(response)));

test("a client that leaves a response that came by pipeline frees it at once", () =>
  leave(Number.POSITIVE_INFINITY, (body, response) => pipeline(body, response).catch(() => {})));
