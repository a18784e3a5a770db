import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type FaultProxy, startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/until";

const server = await startRedis();
const redis = new Redis(server.url);
let proxy: FaultProxy;
const open: Redis[] = [];

/** Connects once, and never sends a command twice. */
async function client(): Promise<Redis> {
  const one = new Redis(proxy.url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  open.push(one);
  one.on("error", () => {});
  await one.ping();
  return one;
}

async function socket(): Promise<{ raw: Socket; ended: Promise<string> }> {
  const raw = connect(proxy.port, proxy.host);
  const ended = new Promise<string>((resolve) => {
    raw.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    raw.once("close", () => resolve("closed"));
  });
  await once(raw, "connect");
  raw.write("PING\r\n");
  await once(raw, "data");
  return { raw, ended };
}

beforeEach(async () => {
  await redis.flushall();
  proxy = await startFaultProxy(server);
});
afterEach(async () => {
  for (const one of open.splice(0)) one.disconnect();
  await proxy.stop();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

test("delay: everything comes late, in order", async () => {
  const one = await client();
  proxy.set("delay", { way: "both", delay: [20, 60] });
  const began = performance.now();
  const answers = Array.from({ length: 50 }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, i)); // in pieces of their own
    return one.echo(String(i));
  });
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
  expect(performance.now() - began).toBeGreaterThanOrEqual(39);
  const late = one.echo("late");
  proxy.set("pass");
  expect(await Promise.all([late, one.echo("after")])).toEqual(["late", "after"]);
});

test("cut: connections are reset, and new ones too, until it passes", async () => {
  const { ended } = await socket();
  proxy.set("cut");
  expect(await ended).toBe("ECONNRESET");
  await expect(client()).rejects.toThrow();
  proxy.set("pass");
  expect(await (await client()).ping()).toBe("PONG");
});

test("hold both ways: nothing arrives, no side notices, and all is delivered afterwards", async () => {
  const one = await client();
  proxy.set("hold", { way: "both" });
  let answered = false;
  const answer = one.incr("count").finally(() => {
    answered = true;
  });
  await until(async () => proxy.kept > 0);
  expect(await redis.get("count")).toBeNull();
  await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await redis.ping();
  expect([answered, one.status]).toEqual([false, "ready"]);
  proxy.set("pass");
  await expect(answer).rejects.toThrow();
});

test("hold one way: towards the client a command is carried out, towards the server it is not", async () => {
  const one = await client();
  proxy.set("hold");
  const first = one.incr("count");
  await until(async () => (await redis.get("count")) === "1");
  proxy.set("hold", { way: "toServer" });
  expect(await first).toBe(1);
  const kept = proxy.kept;
  const second = one.incr("count");
  await until(async () => proxy.kept > kept);
  expect(await redis.get("count")).toBe("1");
  proxy.set("pass");
  expect(await second).toBe(2);
});

test("links: connections that listen, and the others", async () => {
  const commands = await client();
  const listening = await client();
  const heard: string[] = [];
  listening.on("message", (_, message) => heard.push(message));
  await listening.subscribe("news");
  proxy.set("hold", { links: "messages" });
  await redis.publish("news", "one");
  await until(async () => proxy.kept > 0);
  expect(await commands.ping()).toBe("PONG");
  expect(heard).toEqual([]);
  proxy.set("pass", { links: "messages" });
  await until(async () => heard.length === 1);

  proxy.set("cut", { links: "messages" });
  await until(async () => listening.status === "end");
  expect(await commands.ping()).toBe("PONG");
  const another = await client();
  await expect(another.subscribe("news")).rejects.toThrow();
});

test("loseReply: the command is carried out once, its answer and its connection are lost", async () => {
  const one = await client();
  const lost = proxy.loseReply();
  await expect(one.incr("count")).rejects.toThrow();
  await lost;
  expect(await redis.get("count")).toBe("1");
  const other = await client();
  expect(await other.incr("count")).toBe(2);
});
