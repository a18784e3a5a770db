import { randomUUID } from "node:crypto";
import { type AcquireOperation, createLocker, observe } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { clients } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

test.each(Object.entries(clients))(
  "%s: a call finds the links of the holder and of the waiters",
  async (name, connect) => {
    const key = `links:${name}:${randomUUID()}`;
    const ended: AcquireOperation[] = [];
    const links = new Map<unknown, string>();
    using _ = observe({
      link: ({ label, keys }) => (keys[0] === key && label !== undefined ? links.get(label) : undefined),
      end(operation) {
        if (operation.name === "acquire" && operation.keys[0] === key) ended.push(operation);
      },
    });
    links.set("holder", "A".repeat(34)).set("waiter", "B".repeat(64));
    const [one, other] = [await connect(server.url), await connect(server.url)];
    const locker = createLocker(one.driver);
    const lock = await locker.acquire(key, { label: "holder" });
    const waiting = createLocker(other.driver);
    const wait = waiting.acquire(key, { label: "waiter" });
    while ((await locker.inspect(key)).waiting === 0) await new Promise(setImmediate);
    const { holder, waiters } = await locker.inspect(key);
    expect(holder).toMatchObject({ label: "holder", link: "A".repeat(34) });
    expect(waiters).toMatchObject([{ label: "waiter", link: "B".repeat(64) }]);
    await lock.release();
    const next = await wait;
    expect(ended.at(-1)).toMatchObject({ outcome: "granted", handedOver: true, blockedBy: "A".repeat(34) });
    await locker.tryAcquire(key, { label: "waiter" });
    expect(ended.at(-1)).toMatchObject({ outcome: "busy", blockedBy: "B".repeat(64) });
    await next.release();
    await waiting.close();
    await locker.close();
    one.close();
    other.close();
  },
);
