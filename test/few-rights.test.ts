import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, expect, test } from "vitest";

const server = await startRedis();
const admin = new Redis(server.url);
const clients = [admin];

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server.stop();
});

async function asUser(name: string, ...rights: readonly string[]) {
  await admin.call("ACL", "SETUSER", name, "on", `>${name}`, ...rights);
  await admin.call("ACL", "SETUSER", name, "&*").catch(() => {}); // before 6.2 everybody may use all channels
  const client = new Redis(server.port, { username: name, password: name, enableReadyCheck: false });
  client.on("error", () => {});
  clients.push(client);
  return ioredisDriver(client);
}

test.each([
  ["may not ask for the time", ["~*", "+@all", "-time"]],
  ["may not use companion keys", ["~k", "+@all"]],
  ["may not run scripts", ["~*", "+@all", "-eval", "-evalsha"]],
])("a user who %s is refused at once, and nothing is half done", async (name, rights) => {
  const driver = await asUser(name.replaceAll(" ", "-"), ...rights);
  await expect(driver.acquire({ key: "k", token: "t", ttl: 30_000 }, { abandoned: false })).rejects.toThrow(
    /NOPERM|user executing the script|ACL failure in script/,
  );
  expect(await admin.exists("k")).toBe(0);
  await expect(createLocker(driver).acquire("k")).rejects.toMatchObject({ code: "LOCK_BACKEND" });
  expect(await admin.exists("k")).toBe(0);
  await admin.set("k", "t", "PX", 30_000);
  await expect(driver.transfer({ key: "k", from: "t", to: "u", ttl: 30_000 })).rejects.toThrow();
  expect(await admin.get("k")).toBe("t");
  await admin.del("k");
});
