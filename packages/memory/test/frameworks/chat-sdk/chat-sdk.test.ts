import { randomUUID } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";
import { createMemoryState } from "@chat-adapter/state-memory";
import { createLeases, createLocker, inProcessDriver, type LockError } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { type Adapter, Chat, type ChatConfig, Message, parseMarkdown, type StateAdapter } from "chat";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { withLocks } from "../../../src/frameworks/chat-sdk";
import { ioredis, nodeRedis } from "../../support/clients";
import { createGate } from "../../support/gate";

const server = await startRedis();
afterAll(() => server.stop());
afterEach(() => void vi.useRealTimers());

const door = ioredis(server.port);
/** Two instances, of which each has a client of its own. */
const drivers = [ioredisDriver(ioredis(server.port)), nodeRedisDriver(await nodeRedis(server.port))];
const leases = drivers.map((driver) => createLeases(driver));
const keyOf = (thread: string) => `chat:{${thread}}`;
const TTL = 20_000;

/** It was built with another patch release of the chat, of which TypeScript takes the classes for others. */
const memoryState = () => createMemoryState() as unknown as StateAdapter;

const warnings: LockError[] = [];
subscribe("distlock:warning", (warning) => warnings.push(warning as LockError));

/** What a platform is to a chat that is never answered. */
const platform = (): Adapter =>
  ({
    name: "test",
    userName: "bot",
    initialize: async () => {},
    channelIdFromThreadId: (thread: string) => thread.split("/")[0]!,
  }) as Partial<Adapter> as Adapter;

interface Instance {
  /** Resolves when the message was handled; rejects with the chat's own error if it was not. */
  receive(thread: string, text: string): Promise<void>;
  readonly logged: string[];
}

/** What the handlers of all instances do, and how many are at it at the same time. */
function handling() {
  const busy = { now: 0, most: 0, begun: [] as string[] };
  let wait: Promise<unknown> = Promise.resolve();
  async function handle(text: string): Promise<void> {
    busy.begun.push(text);
    busy.most = Math.max(busy.most, ++busy.now);
    await wait;
    busy.now--;
  }
  const hold = () => {
    const { open, opened } = createGate();
    wait = opened;
    return open;
  };
  return { busy, handle, hold };
}

async function start(
  state: StateAdapter,
  handle: (text: string) => Promise<void>,
  config: Partial<ChatConfig> = {},
): Promise<Instance> {
  const adapter = platform();
  const logged: string[] = [];
  const log = (text: string) => void logged.push(text);
  const logger = { debug() {}, info() {}, warn: log, error: log, child: () => logger };
  const chat = new Chat({ userName: "bot", adapters: { test: adapter }, state, logger, ...config });
  chat.onNewMention((_, message) => handle(message.text));
  await chat.initialize();
  return {
    logged,
    receive: (threadId, text) =>
      chat.handleIncomingMessage(
        adapter,
        threadId,
        new Message({
          id: randomUUID(),
          threadId,
          text,
          formatted: parseMarkdown(text),
          raw: {},
          author: { userId: "u", userName: "user", fullName: "User", isBot: false, isMe: false },
          metadata: { dateSent: new Date(), edited: false },
          attachments: [],
          isMention: true,
        }),
      ),
  };
}

const newThread = () => `channel/${randomUUID()}`;
const look = { timeout: 5_000, interval: 5 };

describe("two chats with a state of one process each", () => {
  test("handle two messages of a thread at the same time", async () => {
    const { busy, handle, hold } = handling();
    const chats = [await start(memoryState(), handle), await start(memoryState(), handle)];
    const thread = newThread();
    const go = hold();
    const handled = chats.map((chat, i) => chat.receive(thread, `m${i}`));
    await vi.waitFor(() => expect(busy.begun).toHaveLength(2), look);
    go();
    await Promise.all(handled);
    expect(busy.most).toBe(2);
  });

  async function open(config: Partial<ChatConfig> = {}) {
    const handler = handling();
    const states = leases.map((each) => withLocks(memoryState(), each));
    const [here, there] = (await Promise.all(states.map((state) => start(state, handler.handle, config)))) as [
      Instance,
      Instance,
    ];
    return { ...handler, here, there, thread: newThread() };
  }

  test("handle one message at a time with our locks, and messages of other threads meanwhile", async () => {
    const { busy, hold, here, there, thread } = await open();
    const go = hold();
    const first = here.receive(thread, "first");
    await vi.waitFor(() => expect(busy.begun).toEqual(["first"]), look);
    await expect(there.receive(thread, "second")).rejects.toThrow(/Could not acquire lock on thread/);
    const other = there.receive(newThread(), "other");
    await vi.waitFor(() => expect(busy.begun).toEqual(["first", "other"]), look);
    go();
    await Promise.all([first, other]);
    expect(await door.exists(keyOf(thread))).toBe(0);
    await there.receive(thread, "third");
    expect(busy.begun).toEqual(["first", "other", "third"]);
  });

  test("handle many that come at once one after another, if the platform sends them again", async () => {
    const { busy, here, there, thread } = await open();
    const insist = async (chat: Instance, text: string) =>
      vi.waitFor(() => chat.receive(thread, text), { timeout: 20_000, interval: 2 });
    await Promise.all(Array.from({ length: 40 }, (_, i) => insist(i % 2 ? here : there, `m${i}`)));
    expect(busy.most).toBe(1);
    expect(busy.begun.toSorted()).toEqual(Array.from({ length: 40 }, (_, i) => `m${i}`).toSorted());
  });

  test("find what they queued for each other only in a state that they share", async () => {
    for (const shared of [true, false]) {
      const { busy, handle, hold } = handling();
      const inner = [memoryState(), memoryState()] as const;
      const [here, there] = [
        await start(withLocks(inner[0], leases[0]!), handle, { concurrency: "queue" }),
        await start(withLocks(inner[shared ? 0 : 1], leases[1]!), handle, { concurrency: "queue" }),
      ];
      const thread = newThread();
      const go = hold();
      const first = here.receive(thread, "first");
      await vi.waitFor(() => expect(busy.begun).toEqual(["first"]), look);
      await there.receive(thread, "second");
      go();
      await first;
      expect(busy.begun).toEqual(shared ? ["first", "second"] : ["first"]);
      expect(busy.most).toBe(1);
    }
  });

  test("lock a whole channel where the chat says so", async () => {
    const { busy, hold, here, there } = await open({ lockScope: "channel" });
    const go = hold();
    const first = here.receive("one/a", "first");
    await vi.waitFor(() => expect(busy.begun).toEqual(["first"]), look);
    await expect(there.receive("one/b", "second")).rejects.toThrow(/Could not acquire lock/);
    go();
    await first;
    expect(await door.exists(keyOf("one"))).toBe(0);
  });

  test("keep the lock of a handler that takes longer than the ttl", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { busy, hold, here, there, thread } = await open();
    const go = hold();
    const first = here.receive(thread, "first");
    await vi.waitFor(() => expect(busy.begun).toEqual(["first"]), look);
    for (let third = 0; third < 5; third++) {
      await door.pexpire(keyOf(thread), 9_000); // what would be left by now
      vi.advanceTimersByTime(10_000);
      await vi.waitFor(async () => expect(await door.pttl(keyOf(thread))).toBeGreaterThan(29_000), look);
    }
    await expect(there.receive(thread, "second")).rejects.toThrow(/Could not acquire lock/);
    go();
    await first;
    expect(here.logged).toEqual([]);
  });

  test("force a handler out where the chat says so; that handler is notified, and frees nobody else's lock", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { busy, hold, here, there, thread } = await open({ onLockConflict: "force" });
    const ends = [hold()];
    const first = here.receive(thread, "first");
    await vi.waitFor(() => expect(busy.begun).toEqual(["first"]), look);
    ends.push(hold());
    const second = there.receive(thread, "second");
    await vi.waitFor(() => expect(busy.begun).toEqual(["first", "second"]), look);
    const token = await door.get(keyOf(thread));
    vi.advanceTimersByTime(10_000);
    await vi.waitFor(() => expect(here.logged).toEqual(["Lock heartbeat stopped after ownership was lost"]), look);
    ends[0]!();
    await first;
    expect(await door.get(keyOf(thread))).toBe(token);
    expect(there.logged).toEqual([]);
    ends[1]!();
    await second;
    expect(await door.exists(keyOf(thread))).toBe(0);
  });
});

describe("the locks of a state", () => {
  const [here, there] = leases.map((each) => withLocks(memoryState(), each)) as [StateAdapter, StateAdapter];

  test("are leases of one instance, as the chat wants them", async () => {
    const thread = newThread();
    const before = Date.now();
    const lock = (await here.acquireLock(thread, TTL))!;
    expect(lock).toEqual({ threadId: thread, token: await door.get(keyOf(thread)), expiresAt: expect.any(Number) });
    expect(lock.expiresAt).toBeGreaterThanOrEqual(before + TTL);
    expect(lock.expiresAt).toBeLessThanOrEqual(before + TTL + (await door.pttl(keyOf(thread))));
    expect(await there.acquireLock(thread, TTL)).toBeNull();
    expect(await here.acquireLock(thread, TTL)).toBeNull(); // nobody enters twice
    expect(await there.extendLock(JSON.parse(JSON.stringify(lock)), 3 * TTL)).toBe(true);
    expect(await door.pttl(keyOf(thread))).toBeGreaterThan(2 * TTL);
    await there.releaseLock({ ...lock, token: "another" });
    expect(await there.extendLock({ ...lock, token: "another" }, TTL)).toBe(false);
    await here.releaseLock(lock);
    await here.releaseLock(lock);
    expect(await here.extendLock(lock, TTL)).toBe(false);
    expect(await door.exists(keyOf(thread))).toBe(0);
  });

  test("end with their ttl, and are then another's", async () => {
    const thread = newThread();
    const old = (await here.acquireLock(thread, 60))!;
    const next = await vi.waitFor(async () => (await there.acquireLock(thread, TTL)) ?? Promise.reject(), look);
    expect(await here.extendLock(old, TTL)).toBe(false);
    await here.releaseLock(old);
    expect(await door.get(keyOf(thread))).toBe(next.token);
    await here.forceReleaseLock(thread);
    expect(await door.exists(keyOf(thread))).toBe(0);
    expect(await there.extendLock(next, TTL)).toBe(false);
    await here.forceReleaseLock(thread);
  });

  test("of any thread id, and under another key if that is wanted", async () => {
    for (const thread of ["}{", "a b\n", "x".repeat(10_000), `🔒${randomUUID()}`]) {
      const lock = (await here.acquireLock(thread, TTL))!;
      expect(await there.acquireLock(thread, TTL)).toBeNull();
      await there.releaseLock(lock);
      expect(await here.acquireLock(thread, TTL)).not.toBeNull();
    }
    for (const thread of ["", "\ud800"]) {
      await expect(here.acquireLock(thread, TTL)).rejects.toThrow(/^thread id must/);
    }
    const own = withLocks(memoryState(), leases[0]!, { key: (thread) => `memory:{${thread}}` });
    await own.acquireLock("t", TTL);
    expect(await createLocker(drivers[1]!).tryAcquire("memory:{t}")).toBeNull();
  });

  test("tell an outage from contention; a release that fails is a warning, and is repeated", async () => {
    const inner = inProcessDriver();
    let fails = true;
    const failing =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        if (fails) throw new Error("Socket closed unexpectedly");
        return call(...args);
      };
    const state = withLocks(
      memoryState(),
      createLeases({
        ...inner,
        acquire: failing(inner.acquire),
        extend: failing(inner.extend),
        release: failing(inner.release),
        forceRelease: failing(inner.forceRelease),
      }),
    );
    await expect(state.acquireLock("t", TTL)).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    fails = false;
    const lock = (await state.acquireLock("t", TTL))!;
    fails = true;
    await expect(state.extendLock(lock, TTL)).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    await expect(state.forceReleaseLock("t")).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    warnings.length = 0;
    await state.releaseLock(lock);
    expect(warnings).toMatchObject([{ code: "LOCK_BACKEND", key: keyOf("t") }]);
    fails = false;
    await vi.waitFor(async () => expect((await inner.inspect(keyOf("t"))).held).toBe(false), look);
  });
});

describe("everything else of a state is its own", () => {
  class Private {
    #connected = false;
    name = "private";
    static readonly kind = "state";
    get connected() {
      return this.#connected;
    }
    set connected(value) {
      this.#connected = value;
    }
    connect() {
      this.#connected = true;
      return this;
    }
    acquireLock = async () => null;
    extendLock = async () => true;
    releaseLock = async () => {};
    forceReleaseLock = async () => {};
  }

  test("with private members, accessors, its class, and methods that stay the same", () => {
    const inner = new Private();
    const state = withLocks(inner, leases[0]!);
    state.connect();
    expect(state.connected).toBe(true);
    state.connected = false;
    state.name = "renamed";
    expect([inner.connected, inner.name]).toEqual([false, "renamed"]);
    expect(state).toBeInstanceOf(Private);
    expect((state.constructor as typeof Private).kind).toBe("state");
    expect(state.connect).toBe(state.connect);
    const { connect } = state;
    connect();
    expect(inner.connected).toBe(true);
    expect("acquireLock" in state).toBe(true);
    expect(state.acquireLock).not.toBe(inner.acquireLock);
  });

  test("with what it keeps", async () => {
    const inner = memoryState();
    const state = withLocks(inner, leases[0]!);
    await state.connect();
    await state.set("k", { a: 1 });
    expect(await inner.get("k")).toEqual({ a: 1 });
    await state.subscribe("t");
    expect(await inner.isSubscribed("t")).toBe(true);
    expect(await state.enqueue("t", { message: {} as never, enqueuedAt: 1, expiresAt: Date.now() + TTL }, 5)).toBe(1);
    expect(await inner.queueDepth("t")).toBe(1);
  });

  test("and a value that is not a state, or not leases, is refused", () => {
    expect(() => withLocks({} as never, leases[0]!)).toThrow(/needs a state adapter, with acquireLock/);
    expect(() => withLocks(undefined as never, leases[0]!)).toThrow(/needs a state adapter/);
    expect(() => withLocks(memoryState(), drivers[0] as never)).toThrow(/needs leases, such as/);
    expect(() => withLocks(memoryState(), leases[0]!, { key: 1 as never })).toThrow(/^key must be a function/);
  });
});
