import { randomUUID } from "node:crypto";
import { createLocker, type Locker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { type AppendableMemory, LockedMemory, type Memory } from "../../src/index";
import { ioredis, nodeRedis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const client = ioredis(server.port);
/** Two instances, of which each has a client of its own for its locks. */
const lockers = [
  createLocker(ioredisDriver(ioredis(server.port))),
  createLocker(nodeRedisDriver(await nodeRedis(server.port))),
];
const TURNS = 200;

/** A memory that keeps a conversation as one blob: it reads it, appends, and writes it back. */
function blobMemory(blob: string): Memory<string> & AppendableMemory<string> {
  const load = async (): Promise<string[]> => JSON.parse((await client.get(blob)) ?? "[]");
  const append = async (texts: readonly string[]) =>
    void (await client.set(blob, JSON.stringify([...(await load()), ...texts])));
  return {
    load,
    append,
    save: (input, output) => append([input, output]),
    clear: async () => void (await client.del(blob)),
  };
}

type Part = Pick<Memory<string>, "load"> & AppendableMemory<string>;
type Locked = ReturnType<typeof lockedBlob>;
type OneTurn = (memory: Locked, work: (part: Part) => Promise<void>) => Promise<void>;

const lockedBlob = (blob: string, locker: Locker) =>
  new LockedMemory(blobMemory(blob), locker, {
    key: `memory:{${blob}}`,
    timeout: 25_000,
  });

/** What two instances leave that answer as many users at once. An answer says how many messages its model was given. */
async function conversation(turn: OneTurn): Promise<string[]> {
  const blob = randomUUID();
  const memories = lockers.map((locker) => lockedBlob(blob, locker));
  await Promise.all(
    Array.from({ length: TURNS }, (_, i) =>
      turn(memories[i % 2]!, async (memory) => {
        const history = await memory.load();
        await memory.append([`user ${i}`]);
        await client.ping(); // the model thinks
        await memory.append([`assistant ${i} of ${history.length}`]);
      }),
    ),
  );
  return JSON.parse((await client.get(blob))!);
}

const strict = (left: readonly string[]) =>
  left.filter((_, i) => i % 2 === 0).flatMap((text, i) => [text, `${text.replace("user", "assistant")} of ${2 * i}`]);

test("turns of two instances mix when only their writes are locked", async () => {
  const left = await conversation((memory, work) => work(memory));
  expect(left).toHaveLength(2 * TURNS);
  expect(left).not.toEqual(strict(left));
});

test("turns of two instances alternate, each has seen all before it, and none is lost", async () => {
  const left = await conversation((memory, work) => memory.withTurn(work));
  expect(left).toEqual(strict(left));
  const asked = left.filter((text) => text.startsWith("user")).toSorted();
  expect(asked).toEqual(Array.from({ length: TURNS }, (_, i) => `user ${i}`).toSorted());
});
