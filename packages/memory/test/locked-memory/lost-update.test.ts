import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import type { Redis } from "ioredis";
import { afterAll, describe, expect, test } from "vitest";
import { LockedMemory, type Memory, type VariableMemory } from "../../src/index";
import { ioredis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const clients = [ioredis(server.port), ioredis(server.port)] as const;
const SAVES = 20;

/** A memory that keeps a conversation as one blob: it reads it, appends, and writes it back. */
async function append(client: Redis, blob: string, ...texts: unknown[]): Promise<void> {
  const before = await client.get(blob);
  await client.set(blob, JSON.stringify([...JSON.parse(before ?? "[]"), ...texts]));
}

const blobMemory = (client: Redis, blob: string): Memory<string> => ({
  save: (input, output) => append(client, blob, input, output),
  load: async () => JSON.parse((await client.get(blob)) ?? "[]"),
  clear: async () => void (await client.del(blob)),
});

const blobVariableMemory = (client: Redis, blob: string): VariableMemory => ({
  saveContext: ({ input }, { output }) => append(client, blob, input, output),
  loadMemoryVariables: async () => ({ history: JSON.parse((await client.get(blob)) ?? "[]") }),
  memoryVariables: () => ["history"],
  clear: async () => void (await client.del(blob)),
});

type Save = (name: string) => Promise<unknown>;
type Wrap = <T extends Memory<string> | VariableMemory>(memory: T, client: Redis) => T;

const generations: Record<string, (client: Redis, blob: string, wrap: Wrap) => Save> = {
  Memory(client, blob, wrap) {
    const memory = wrap(blobMemory(client, blob), client);
    return (name) => memory.save(`${name}?`, `${name}!`);
  },
  VariableMemory(client, blob, wrap) {
    const memory = wrap(blobVariableMemory(client, blob), client);
    return (name) => memory.saveContext({ input: `${name}?` }, { output: `${name}!` });
  },
};

/** What two instances leave when each saves many times at once. */
async function afterManySaves(create: (client: Redis, blob: string) => Save): Promise<string[]> {
  const blob = `blob:${randomUUID()}`;
  const [a, b] = [create(clients[0], blob), create(clients[1], blob)];
  await Promise.all(Array.from({ length: SAVES }, (_, i) => (i % 2 ? a : b)(String(i))));
  return JSON.parse((await clients[0].get(blob))!);
}

describe.for(Object.entries(generations))("a %s that reads, appends and writes back", ([, create]) => {
  test("loses messages without a lock", async () => {
    const left = await afterManySaves((client, blob) => create(client, blob, (memory) => memory));
    expect(left.length).toBeLessThan(2 * SAVES);
  });

  test("loses nothing with one", async () => {
    const key = `memory:${randomUUID()}`;
    const wrap = (memory: Memory<string> | VariableMemory, client: Redis) =>
      new LockedMemory(memory, createLocker(ioredisDriver(client)), { key, timeout: 20_000 });
    const left = await afterManySaves((client, blob) => create(client, blob, wrap as Wrap));
    const said = left.filter((_, i) => i % 2 === 0);
    expect(left).toEqual(said.flatMap((text) => [text, text.replace("?", "!")]));
    expect(said.toSorted()).toEqual(Array.from({ length: SAVES }, (_, i) => `${i}?`).toSorted());
  });
});
