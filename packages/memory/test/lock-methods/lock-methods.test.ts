import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { createLocker, inProcessDriver, type Lock, type Locker } from "@distlock/core";
import { InMemoryChatMessageHistory } from "@langchain/core/chat_history";
import { HumanMessage } from "@langchain/core/messages";
import { IterableReadableStream } from "@langchain/core/utils/stream";
import { InMemoryStore, MemorySaver } from "@langchain/langgraph";
import { describe, expect, onTestFinished, test } from "vitest";
import { LockedMemory, lockMethods } from "../../src/index";
import { FencedMemory } from "../support/fenced-memory";
import { createGate } from "../support/gate";

const driver = inProcessDriver();
const other = createLocker(driver);
const inner = createLocker(driver);
const latest = new Map<string, Lock>();
const locker = {
  ...inner,
  async acquire(key: string, options?: object) {
    const lock = await inner.acquire(key, options);
    latest.set(key, lock);
    return lock;
  },
} as Locker;

/** Resolves when the holder, of a short lease, knows that it has lost the lock. */
async function lose(key: string): Promise<void> {
  const { signal } = latest.get(key)!;
  await other.forceRelease(key);
  if (!signal.aborted) await once(signal, "abort");
}

/** What a third party may write: state that is truly private, methods that call each other, a getter, streams of each kind. */
class Notes {
  #notes: string[] = [];
  title = "untitled";
  gate = Promise.resolve();
  running = 0;
  most = 0;

  get count(): number {
    return this.#notes.length;
  }
  async read(): Promise<string[]> {
    return [...this.#notes];
  }
  async add(note: string): Promise<number> {
    this.most = Math.max(this.most, ++this.running);
    try {
      await this.gate;
      return this.#notes.push(note);
    } finally {
      this.running--;
    }
  }
  async addAll(notes: string[]): Promise<this> {
    for (const note of notes) await this.add(note);
    return this;
  }
  addNow(note: string): number {
    return this.#notes.push(note);
  }
  self(): this {
    return this;
  }
  async fail(): Promise<void> {
    throw own;
  }
  async *each(): AsyncGenerator<string, string, string | undefined> {
    for (const note of this.#notes) {
      const reply = yield note;
      if (reply) await this.add(reply);
    }
    return "the end";
  }
  *eachNow(): Generator<string, string> {
    yield* this.#notes;
    return "the end";
  }
  stream(): ReadableStream<string> {
    return ReadableStream.from(this.each()) as ReadableStream<string>;
  }
  async streamLater(): Promise<IterableReadableStream<string>> {
    return IterableReadableStream.fromAsyncGenerator(this.each());
  }
  async eachLater(): Promise<AsyncGenerator<string, string, string | undefined>> {
    return this.each();
  }
}

const own = new Error("the disk is full");

function notes(texts: string[] = [], ttl = 30_000) {
  const key = `notes:${randomUUID()}`;
  const raw = new Notes();
  for (const text of texts) raw.addNow(text);
  const locked = lockMethods(raw, locker, {
    write: ["add", "addAll", "addNow", "fail", "streamLater", "eachLater", "each"],
    stream: ["stream"],
    key,
    ttl,
  });
  return { key, raw, locked, isHeld: async () => (await locker.inspect(key)).held };
}

describe("an object with locked methods", () => {
  test("holds the lock for each of them until its result has settled", async () => {
    const { raw, locked, key, isHeld } = notes();
    const { opened, open } = createGate();
    raw.gate = opened;
    const adding = [locked.add("a"), locked.add("b"), locked.addAll(["c", "d"])] as const;
    expect(await isHeld()).toBe(true);
    expect(await other.tryAcquire(key)).toBeNull();
    open();
    const [first, second, third] = await Promise.all(adding);
    expect([first, second]).toEqual([1, 2]);
    expect(third).toBe(locked);
    expect(raw.most).toBe(1);
    expect(await locked.read()).toEqual(["a", "b", "c", "d"]);
    expect(await locked.addNow("e")).toBe(5);
    expect(await isHeld()).toBe(false);
  });

  test("excludes another instance, which is not called if the lock is not acquired", async () => {
    const { raw, key } = notes();
    const lock = await other.acquire(key);
    const impatient = lockMethods(raw, locker, { write: ["add"], key, whenBusy: "reject" });
    await expect(impatient.add("a")).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED", key });
    expect(raw.count).toBe(0);
    await lock.release();
    await impatient.add("a");
    expect(raw.count).toBe(1);
  });

  test("passes everything else through, with its private members", async () => {
    const { raw, locked } = notes(["a"]);
    expect(locked).toBeInstanceOf(Notes);
    expect(locked.constructor).toBe(Notes);
    expect(locked.count).toBe(1);
    locked.title = "mine";
    expect(raw.title).toBe("mine");
    expect("title" in locked).toBe(true);
    expect(Object.keys(locked)).toEqual(Object.keys(raw));
    expect(locked.self()).toBe(locked);
    const { read } = locked;
    expect(await read()).toEqual(["a"]);
    expect(locked.read).toBe(locked.read);
    expect(locked.add).toBe(locked.add);
  });

  test("is the result of methods that promise the object, even of an object that can be iterated", async () => {
    const own = { count: 0 };
    const target = {
      connect: async () => target,
      add: async () => {
        own.count++;
        return target;
      },
      promised: Object.assign(Promise.resolve(1), { cancel: () => {} }),
      cancellable: () => target.promised,
      async *[Symbol.asyncIterator]() {
        yield own.count;
      },
    };
    const key = `notes:${randomUUID()}`;
    const locked = lockMethods(target, locker, { write: ["add"], key });
    expect(await locked.connect()).toBe(locked);
    expect(await locked.add()).toBe(locked);
    expect((await locker.inspect(key)).held).toBe(false);
    expect(locked.cancellable()).toBe(target.promised);
    for await (const count of locked) expect(count).toBe(1);
  });

  test("has methods that are set later, with the lock if they were named", async () => {
    const { locked, isHeld } = notes();
    locked.add = async () => Number(await isHeld());
    expect(await locked.add("a")).toBe(1);
    locked.read = async () => [String(await isHeld())];
    expect(await locked.read()).toEqual(["false"]);
  });

  test("can be locked by a key that depends on the call, or a promise of one", async () => {
    const raw = new Notes();
    const asked: unknown[] = [];
    const locked = lockMethods(raw, locker, {
      write: ["add"],
      key: async (method, args, target) => {
        asked.push(method, args, target);
        return `notes:${args[0]}`;
      },
      whenBusy: "reject",
    });
    const lock = await other.acquire("notes:busy");
    await expect(locked.add("busy")).rejects.toMatchObject({ key: "notes:busy" });
    await locked.add("free");
    expect(asked).toEqual(["add", ["busy"], raw, "add", ["free"], raw]);
    await lock.release();
    const bad = lockMethods(raw, locker, { write: ["add"], key: () => 5 as never });
    await expect(bad.add("a")).rejects.toThrow(TypeError);
    const failing = lockMethods(raw, locker, { write: ["add"], key: () => Promise.reject(own) });
    await expect(failing.add("a")).rejects.toBe(own);
    expect(raw.count).toBe(1);
  });

  test("uses the lock of a turn or a call around it", async () => {
    const { key, isHeld, locked: inner } = notes();
    const outer = lockMethods(
      { both: async () => void (await Promise.all([inner.add("a"), inner.add("b")])) },
      locker,
      {
        write: ["both"],
        key,
        timeout: 100,
      },
    );
    await outer.both();
    const memory = new LockedMemory(new FencedMemory(), locker, { key, timeout: 100 });
    await memory.withTurn(async (turn) => {
      await inner.add("c");
      await outer.both();
      await turn.save("Hello", "Hi there!");
      expect(await isHeld()).toBe(true);
    });
    const saving = lockMethods({ save: () => memory.save("Hello", "Hi there!") }, locker, { write: ["save"], key });
    await saving.save();
    expect(inner.count).toBe(5);
    expect(await isHeld()).toBe(false);
  });

  test("rejects with the method's own error, and frees the lock", async () => {
    const { locked, isHeld } = notes();
    await expect(locked.fail()).rejects.toBe(own);
    expect(await isHeld()).toBe(false);
  });
});

describe("a lock that is lost while a method runs", () => {
  test("makes the good call reject, and leaves a bad one its own error and a warning", async () => {
    const { key } = notes();
    const warnings: unknown[] = [];
    const onWarning = (error: unknown) => void warnings.push(error);
    subscribe("distlock:warning", onWarning);
    onTestFinished(() => void unsubscribe("distlock:warning", onWarning));
    const target = {
      good: async () => void (await other.forceRelease(key)),
      async bad() {
        await other.forceRelease(key);
        throw own;
      },
    };
    const locked = lockMethods(target, locker, { write: ["good", "bad"], key });
    await expect(locked.good()).rejects.toMatchObject({ code: "LOCK_LOST", key });
    expect(warnings).toEqual([]);
    await expect(locked.bad()).rejects.toBe(own);
    expect(warnings).toEqual([expect.objectContaining({ code: "LOCK_LOST", key })]);
  });

  test("makes a good call within another reject, too", async () => {
    const { key } = notes();
    const inner = lockMethods({ good: () => lose(key) }, locker, { write: ["good"], key });
    const outcome: unknown[] = [];
    const target = { good: async () => void outcome.push(await inner.good().catch((error) => error)) };
    const outer = lockMethods(target, locker, { write: ["good"], key, ttl: 1_500 });
    await expect(outer.good()).rejects.toMatchObject({ code: "LOCK_LOST" });
    expect(outcome).toEqual([expect.objectContaining({ code: "LOCK_LOST", key })]);
  });

  test("refuses nested calls, and does not make them", async () => {
    const { key, locked: inner } = notes();
    const target = {
      async late() {
        await lose(key);
        await inner.add("late");
      },
    };
    const outer = lockMethods(target, locker, { write: ["late"], key, ttl: 1_500 });
    await expect(outer.late()).rejects.toMatchObject({ code: "STALE_TURN", key });
    expect(inner.count).toBe(0);
  });
});

const streams = {
  each: async (locked: Notes) => locked.each(),
  stream: async (locked: Notes) => locked.stream() as ReadableStream<string> & AsyncIterable<string>,
  streamLater: (locked: Notes) => locked.streamLater(),
  eachLater: (locked: Notes) => locked.eachLater(),
};
type Open = (locked: Notes) => Promise<AsyncIterable<string>>;

describe.for(Object.entries(streams) as [string, Open][])("a stream of %s", ([name, open]) => {
  const prompt = name.endsWith("Later");

  test("holds the lock from its first read, or from when it is promised, to its end", async () => {
    const { locked, isHeld } = notes(["a", "b"]);
    const stream = await open(locked as never);
    expect(await isHeld()).toBe(prompt);
    const read: string[] = [];
    for await (const note of stream) {
      read.push(note);
      expect(await isHeld()).toBe(true);
    }
    expect(read).toEqual(["a", "b"]);
    expect(await isHeld()).toBe(false);
  });

  test("ends the lock when its reader breaks off, also before it reads", async () => {
    const { locked, isHeld } = notes(["a", "b"]);
    for await (const note of await open(locked as never)) {
      expect(note).toBe("a");
      break;
    }
    expect(await isHeld()).toBe(false);
    const unread = (await open(locked as never)) as AsyncGenerator<string> & ReadableStream;
    await (unread.cancel ? unread.cancel() : unread.return(undefined));
    expect(await isHeld()).toBe(false);
  });

  test("fails with LockLostError when the lock is lost", async () => {
    const { key, locked } = notes(["a", "b", "c"], 300);
    const read: string[] = [];
    const reading = (async () => {
      for await (const note of await open(locked as never)) {
        read.push(note);
        await lose(key);
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "LOCK_LOST", key });
    expect(read).toEqual(["a"]);
  });

  test("fails in place of its end, too", async () => {
    const { key, locked } = notes(["a"]);
    const reading = (async () => {
      for await (const _ of await open(locked as never)) await other.forceRelease(key);
    })();
    await expect(reading).rejects.toMatchObject({ code: "LOCK_LOST", key });
  });

  test("that nobody reads holds the lock up to maxTurn, if at all", async () => {
    const { raw, key } = notes(["a"]);
    const locked = lockMethods(raw, locker, {
      write: ["streamLater", "eachLater"],
      stream: ["each", "stream"],
      key,
      maxTurn: 50,
    });
    await open(locked as never);
    const lock = await other.acquire(key, { timeout: 5_000 });
    await lock.release();
  });

  test("is nowhere but in its lock: what it writes meanwhile waits for nothing", async () => {
    const { raw, locked, key, isHeld } = notes(["a", "b"]);
    const inner = lockMethods(raw, locker, { write: ["add"], key, timeout: 100 });
    raw.each = async function* () {
      yield String(await inner.add("from a stream"));
      yield String(await inner.add("from a stream"));
      return "the end";
    };
    const read: string[] = [];
    for await (const note of await open(locked as never)) read.push(note);
    expect(read).toEqual(["3", "4"]);
    expect(await isHeld()).toBe(false);
  });
});

test("a method that returns an async generator and is not one can be iterated at once in stream, and awaited in write", async () => {
  const { raw, key, isHeld } = notes(["a", "b"]);
  const target = { list: (): AsyncGenerator<string> => raw.each() };
  const atOnce = lockMethods(target, locker, { write: [], stream: ["list"], key }).list();
  const promised = lockMethods(target, locker, { write: ["list"], key }).list();
  expect(promised).toBeInstanceOf(Promise);
  for (const stream of [await promised, atOnce]) {
    const read: string[] = [];
    for await (const note of stream) {
      read.push(note);
      expect(await isHeld()).toBe(true);
    }
    expect(read).toEqual(["a", "b"]);
    expect(await isHeld()).toBe(false);
  }
});

test("a sync generator is refused, and so is a method that returns one", async () => {
  const { raw, key, isHeld } = notes(["a", "b"]);
  const lock = (list: "write" | "stream") => () =>
    lockMethods(raw, locker, { write: [], [list]: ["eachNow"], key } as never);
  expect(lock("write")).toThrow(/^write: eachNow is a sync generator, which can't wait for a lock/);
  expect(lock("stream")).toThrow(/^stream: eachNow is a sync generator/);
  const target = { list: async () => raw.eachNow(), now: () => raw.eachNow() };
  const locked = lockMethods(target, locker, { write: ["list"], stream: ["now"] as never, key });
  await expect(locked.list()).rejects.toThrow(/^write: list returned a sync generator/);
  const now = locked.now() as Iterator<string> as unknown as AsyncIterator<string>;
  await expect(now.next()).rejects.toThrow(/^stream: now did not return a stream/);
  expect(await isHeld()).toBe(false);
});

test("a locked generator takes values, returns its last one, and can be thrown into", async () => {
  const { locked, raw, isHeld } = notes(["a", "b"]);
  const each = locked.each();
  expect(await each.next()).toEqual({ done: false, value: "a" });
  expect(await each.next("c")).toEqual({ done: false, value: "b" });
  expect(await each.next()).toEqual({ done: false, value: "c" });
  expect(await each.next()).toEqual({ done: true, value: "the end" });
  expect(raw.count).toBe(3);
  const thrown = await locked.eachLater();
  await thrown.next();
  await expect(thrown.throw(own)).rejects.toBe(own);
  expect(await isHeld()).toBe(false);
});

test("a locked ReadableStream can be piped, cancelled and read with next, even one of LangChain's kind", async () => {
  const { locked, isHeld } = notes(["a", "b"]);
  expect(await new Response(locked.stream().pipeThrough(new TextEncoderStream())).text()).toBe("ab");
  const kind = await locked.streamLater();
  expect(kind).toBeInstanceOf(IterableReadableStream);
  expect(await kind.next()).toEqual({ done: false, value: "a" });
  expect(await isHeld()).toBe(true);
  await kind.return();
  expect(await isHeld()).toBe(false);
  expect(await new Response((await locked.streamLater()).pipeThrough(new TextEncoderStream())).text()).toBe("ab");
  const reader = (await locked.streamLater()).getReader();
  await reader.read();
  await reader.cancel("enough");
  expect(await isHeld()).toBe(false);
});

test("a stream that is cancelled while it is read holds the lock until it has come to its end", async () => {
  const key = `notes:${randomUUID()}`;
  const [asked, ending] = [createGate(), createGate()];
  const source = { pull: () => asked.open(), cancel: () => ending.opened };
  const target = { later: async () => new ReadableStream<string>(source, { highWaterMark: 0 }) };
  const reader = (await lockMethods(target, locker, { write: ["later"], key }).later()).getReader();
  const reading = reader.read();
  await asked.opened;
  const cancelling = reader.cancel();
  expect(await reading).toEqual({ done: true, value: undefined });
  await setImmediate();
  expect((await locker.inspect(key)).held).toBe(true);
  ending.open();
  await cancelling;
  expect((await locker.inspect(key)).held).toBe(false);
});

test("a generator that was returned before its first read has ended", async () => {
  const { locked, isHeld } = notes(["a"]);
  const each = locked.each();
  expect(await each.return("never read")).toEqual({ done: true, value: "never read" });
  expect(await each.next()).toEqual({ done: true, value: undefined });
  await expect(locked.each().throw(own)).rejects.toBe(own);
  expect(await isHeld()).toBe(false);
});

test("a stream that is cancelled while it waits for its lock waits no longer", async () => {
  const { key, locked, raw } = notes(["a"]);
  const lock = await other.acquire(key);
  const stream = locked.stream();
  const reader = stream.getReader();
  const reading = reader.read();
  await expect.poll(async () => (await other.inspect(key)).waiting).toBe(1);
  await reader.cancel();
  expect(await reading).toEqual({ done: true, value: undefined });
  expect((await other.inspect(key)).waiting).toBe(0);
  await lock.release();
  expect(raw.count).toBe(1);
});

test("real classes with private members: LangChain's history, LangGraph's store and saver", async () => {
  const key = `langchain:${randomUUID()}`;
  const history = lockMethods(new InMemoryChatMessageHistory(), locker, {
    write: ["addMessage", "addMessages", "addUserMessage", "addAIMessage", "clear"],
    key,
    timeout: 1_000,
  });
  await Promise.all([history.addMessages([new HumanMessage("a"), new HumanMessage("b")]), history.addUserMessage("c")]);
  expect((await history.getMessages()).map(({ content }) => content)).toEqual(["a", "b", "c"]);
  expect(history).toBeInstanceOf(InMemoryChatMessageHistory);

  const store = lockMethods(new InMemoryStore(), locker, {
    write: ["put", "delete", "batch"],
    key: (_method, [namespace]) => `store:${namespace}`,
  });
  await store.put(["users"], "a", { n: 1 });
  expect((await store.get(["users"], "a"))?.value).toEqual({ n: 1 });
  const saver = lockMethods(new MemorySaver(), locker, { write: ["deleteThread"], key });
  await saver.deleteThread("t");
  expect(await saver.getTuple({ configurable: { thread_id: "t" } })).toBeUndefined();
});

test("bad options are refused before anything is called", () => {
  const raw = new Notes();
  const bad = (options: object, target: unknown = raw) =>
    expect(() => lockMethods(target as Notes, locker, options as never));
  bad({ write: ["adds"], key: "k" }).toThrow(/^write: adds is not a method/);
  bad({ write: ["title"], key: "k" }).toThrow(/^write: title is not a method/);
  bad({ write: [], stream: ["nothing"], key: "k" }).toThrow(/^stream: nothing is not a method/);
  bad({ write: ["add", "add"], key: "k" }).toThrow(/^write: add is named twice/);
  bad({ write: "add", key: "k" }).toThrow(/^write and stream must be arrays/);
  bad({ write: ["add"] }).toThrow(/^key must be a string/);
  bad({ write: ["add"], key: "k", maxTurn: 0 }).toThrow(RangeError);
  bad({ write: ["add"], key: "k", ttl: -1 }).toThrow(RangeError);
  bad({ write: ["add"], key: "k", waitReplicas: -1 }).toThrow(/^waitReplicas must be/);
  bad({ write: ["add"], key: "k", signal: new AbortController().signal }).toThrow(/^signal is an option of each call/);
  bad({ write: ["add"], key: "k" }, Object.freeze({ async add() {} })).toThrow(/^write: add is frozen/);
  bad({ write: ["add"], key: "k" }, "text").toThrow(/^lockMethods needs an object/);
  bad(undefined as never).toThrow(TypeError);
  expect(() => lockMethods(raw, {} as never, { write: ["add"], key: "k" })).toThrow(/^lockMethods needs a locker/);
});

test("a stream method must return a stream", async () => {
  const { raw, locked, isHeld } = notes();
  raw.stream = () => "text" as never;
  await expect(locked.stream().getReader().read()).rejects.toThrow(/^stream: stream did not return a stream/);
  expect(await isHeld()).toBe(false);
});
