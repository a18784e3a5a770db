import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import type { ListConnection } from "../../src/store/assert-connection";
import { createFencedList } from "../../src/store/fenced-list";
import { ioredis, viaIoredis, viaNodeRedis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);

/** As the docs have them. */
const docs = await readFile(new URL("../../../../docs/memory/redis.md", import.meta.url), "utf8");
const paragraph = docs.match(/\*\*Rights\.\*\*[\s\S]*?\n\n/)![0];
const rights = [...paragraph.matchAll(/`([A-Z]+)`/g)].map(([, command]) => command!.toLowerCase());

async function asUser(commands: readonly string[], connect: typeof viaNodeRedis | typeof viaIoredis) {
  const name = randomUUID();
  const allowed = ["hello", "client", "info", "ping", ...commands].map((command) => `+${command}`);
  await redis.call("ACL", "SETUSER", name, "on", `>${name}`, "~memory:*", "&*", "-@all", ...allowed);
  return connect(server.port, { username: name, password: name });
}

/** All that is done to a list, so that every command is needed. */
async function useAll(connection: ListConnection): Promise<void> {
  const list = (maxItems: number, ttl: number, key = `memory:{${randomUUID()}}`) =>
    createFencedList(connection, { key, name: "messages" }, { ttl, maxItems, maxBytes: 0, maxTurns: 0 });
  const bounded = list(2, 60_000);
  const message = (role: string) => JSON.stringify({ role, content: "said" });
  await bounded.append([message("system"), message("user"), message("assistant"), message("user")], { fence: 1 });
  expect(await bounded.read({ fence: 2 })).toEqual([message("system"), message("user")]);
  await bounded.pop({ fence: 2 });
  await bounded.replaceEnd([message("system")], [], { fence: 3 });
  await bounded.clear({ fence: 4 });
  const kept = list(0, 0);
  await kept.replace([message("user")], { idempotencyKey: "n" });
  expect(await kept.read()).toEqual([message("user")]);
  await kept.clear();
}

test("the docs name the rights", () => {
  expect(rights).toEqual(expect.arrayContaining(["eval", "evalsha", "lrange", "hset", "multi"]));
});

test.for([
  ["ioredis", viaIoredis],
  ["node-redis", viaNodeRedis],
] as const)("a user with exactly the rights that the docs name can do all, %s", async ([, connect]) => {
  const connection = await asUser(rights, connect);
  await useAll(connection);
  await useAll(connection);
});

test.for(rights.filter((right) => !["multi", "exec"].includes(right)))("each of them is needed: %s", async (right) => {
  const connection = await asUser(
    rights.filter((other) => other !== right),
    viaIoredis,
  );
  await expect(useAll(connection).then(() => useAll(connection))).rejects.toThrow(
    /NOPERM|ACL failure|can't run this command|user executing the script/,
  );
});
