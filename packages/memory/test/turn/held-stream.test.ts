import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test, vi } from "vitest";
import { LockedMemory } from "../../src/index";
import { ioredis } from "../support/clients";
import { FencedMemory } from "../support/fenced-memory";
import { createGate } from "../support/gate";

const server = await startRedis();
afterAll(() => server.stop());

const client = ioredis(server.port);
const locker = createLocker(ioredisDriver(client));

function session() {
  const key = `memory:{${randomUUID()}}`;
  const inner = new FencedMemory();
  return {
    inner,
    memory: new LockedMemory(inner, locker, { key }),
    isHeld: async () => (await locker.inspect(key)).held,
  };
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const own = new Error("the model failed");

interface Script {
  begun?(): void;
  closed?(): void;
  fails?: boolean;
}

async function* words({ begun, closed, fails }: Script = {}) {
  try {
    begun?.();
    yield "Hi";
    yield "there!";
    if (fails) throw own;
  } finally {
    closed?.();
  }
}

const kinds: Record<string, (script?: Script) => AsyncIterable<string>> = {
  "an async generator": words,
  "a ReadableStream": (script) => ReadableStream.from(words(script)) as ReadableStream<string>,
};

/** A stream that is asked for a chunk and has none. */
function silentStream(source: { cancel?: (reason: unknown) => void } = {}) {
  const { opened, open } = createGate();
  return { asked: opened, stream: new ReadableStream<string>({ ...source, pull: open }, { highWaterMark: 0 }) };
}

describe.for(Object.entries(kinds))("%s that a turn holds", ([, create]) => {
  test("is passed through, and ends the turn with its end", async () => {
    const { memory, isHeld } = session();
    const turn = await memory.beginTurn();
    const chunks: string[] = [];
    for await (const chunk of turn.hold(create())) {
      chunks.push(chunk);
      expect(await isHeld()).toBe(true);
    }
    expect(chunks).toEqual(["Hi", "there!"]);
    expect(await isHeld()).toBe(false);
    await expect(turn.load()).rejects.toMatchObject({ code: "STALE_TURN" });
  });

  test("ends the turn with its error", async () => {
    const { memory, isHeld } = session();
    const turn = await memory.beginTurn();
    await expect(collect(turn.hold(create({ fails: true })))).rejects.toBe(own);
    expect(await isHeld()).toBe(false);
  });

  test("ends the turn when its reader breaks off, and is ended itself", async () => {
    const { memory, isHeld } = session();
    const closed = vi.fn();
    const turn = await memory.beginTurn();
    for await (const chunk of turn.hold(create({ closed }))) {
      expect(chunk).toBe("Hi");
      break;
    }
    expect(closed).toHaveBeenCalledOnce();
    expect(await isHeld()).toBe(false);
  });

  test("that is promised is passed through too", async () => {
    const { memory, isHeld } = session();
    const turn = await memory.beginTurn();
    expect(await collect(await turn.hold(Promise.resolve(create())))).toEqual(["Hi", "there!"]);
    expect(await isHeld()).toBe(false);
  });

  test("is not read before its reader reads, and ends the turn by maxTurn when nobody does", async () => {
    const { memory, isHeld } = session();
    const begun = vi.fn();
    const turn = await memory.beginTurn({ maxTurn: 300 });
    turn.hold(create({ begun }));
    await once(turn.signal, "abort");
    expect(begun).not.toHaveBeenCalled();
    await vi.waitFor(async () => expect(await isHeld()).toBe(false));
    await expect(turn.save("late", "late")).rejects.toMatchObject({ code: "STALE_TURN", applied: false });
  });

  test("holds the turn of withTurn after its work, so that its end can save", async () => {
    const { memory, inner, isHeld } = session();
    const stream = await memory.withTurn((turn) => {
      async function* answer() {
        const said = await turn.load();
        for await (const word of create()) {
          said.push(word);
          yield word;
        }
        await turn.save("Hello", said.join(" "));
      }
      return turn.hold(answer());
    });
    expect(await isHeld()).toBe(true);
    expect(await collect(stream)).toEqual(["Hi", "there!"]);
    expect(inner.texts).toEqual(["Hello", "Hi there!"]);
    expect(await isHeld()).toBe(false);
  });

  test("does not end the turn of withTurn before its work", async () => {
    const { memory, inner, isHeld } = session();
    await memory.withTurn(async (turn) => {
      const said = await collect(turn.hold(create()));
      await turn.save("Hello", said.join(" "));
    });
    expect(inner.texts).toEqual(["Hello", "Hi there!"]);
    expect(await isHeld()).toBe(false);
  });

  test("ends the turn with the last of several", async () => {
    const { memory, isHeld } = session();
    const turn = await memory.beginTurn();
    const [first, second] = [turn.hold(create()), turn.hold(create())];
    await collect(first);
    expect(await isHeld()).toBe(true);
    await collect(second);
    expect(await isHeld()).toBe(false);
  });
});

test("a ReadableStream that is cancelled while it is read ends the turn, and receives the reason", async () => {
  const { memory, isHeld } = session();
  const cancel = vi.fn();
  const turn = await memory.beginTurn();
  const { stream, asked } = silentStream({ cancel });
  const reader = turn.hold(stream).getReader();
  const reading = reader.read();
  await asked;
  await reader.cancel("enough");
  expect(await reading).toEqual({ done: true, value: undefined });
  expect(cancel).toHaveBeenCalledExactlyOnceWith("enough");
  expect(await isHeld()).toBe(false);
});

test("a stream that ends in two ways counts once", async () => {
  const { memory, isHeld } = session();
  const turn = await memory.beginTurn();
  const { stream, asked } = silentStream();
  const [first, second] = [turn.hold(stream).getReader(), turn.hold(words())];
  const reading = first.read();
  await asked;
  await Promise.all([reading, first.cancel()]);
  expect(await isHeld()).toBe(true);
  await collect(second);
  expect(await isHeld()).toBe(false);
});

test("the body of a response ends the turn", async () => {
  const { memory, isHeld } = session();
  const turn = await memory.beginTurn();
  const bytes = new Blob(["Hi there!"]).stream();
  const response = new Response(turn.hold(bytes));
  expect(await isHeld()).toBe(true);
  expect(await response.text()).toBe("Hi there!");
  expect(await isHeld()).toBe(false);
});

test("an iterator that was never asked ends the turn when it is returned, and so does one without a return", async () => {
  const { memory, isHeld } = session();
  const first = await memory.beginTurn();
  await first.hold(words()).return!();
  expect(await isHeld()).toBe(false);
  const second = await memory.beginTurn();
  const bare = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }) }) };
  expect(await second.hold(bare as AsyncIterable<number>).return!("end")).toEqual({ done: true, value: "end" });
  expect(await isHeld()).toBe(false);
});

test("a generator that goes on after its return was called holds the turn until it has ended", async () => {
  const { memory, isHeld } = session();
  const turn = await memory.beginTurn();
  async function* stubborn() {
    try {
      yield "Hi";
    } catch {
      yield "there!";
    } finally {
      yield "Bye";
    }
  }
  const stream = turn.hold(stubborn());
  await stream.next();
  expect(await stream.throw!(own)).toEqual({ done: false, value: "there!" });
  expect(await isHeld()).toBe(true);
  expect(await stream.return!("end")).toEqual({ done: false, value: "Bye" });
  expect(await isHeld()).toBe(true);
  expect(await stream.next()).toEqual({ done: true, value: "end" });
  expect(await isHeld()).toBe(false);
});

test("a stream that is promised and does not come ends the turn", async () => {
  const { memory, isHeld } = session();
  const turn = await memory.beginTurn();
  await expect(turn.hold(Promise.reject<ReadableStream>(own))).rejects.toBe(own);
  expect(await isHeld()).toBe(false);
  const next = await memory.beginTurn();
  await expect(next.hold(Promise.resolve("text") as never)).rejects.toThrow(/^hold needs a ReadableStream/);
  expect(await isHeld()).toBe(false);
});

test("a stream that was begun goes on when the lock is lost, and what it writes is refused", async () => {
  const { memory, inner } = session();
  const turn = await memory.beginTurn({ maxTurn: 100 });
  const refused: unknown[] = [];
  async function* answer() {
    yield "Hi";
    await memory.save("Hello", "Hi there!").catch((error) => refused.push(error));
    yield "there!";
  }
  const stream = turn.hold(answer());
  expect(await stream.next()).toEqual({ done: false, value: "Hi" });
  await once(turn.signal, "abort");
  expect(await collect(stream)).toEqual(["there!"]);
  expect(refused).toEqual([expect.objectContaining({ code: "STALE_TURN" })]);
  expect(inner.texts).toEqual([]);
});

test("a stream that nobody reads gets no new lock for its writes when the lock of the turn is lost", async () => {
  const { memory, inner } = session();
  let outcome: Promise<unknown> | undefined;
  await memory.withTurn({ maxTurn: 100 }, (turn) => {
    async function start() {
      await once(turn.signal, "abort");
      await setImmediate();
      await memory.save("Hello", "Hi there!");
    }
    outcome = start().catch((error) => error);
    turn.hold(new ReadableStream({ start: () => outcome as Promise<void> }));
  });
  expect(await outcome).toMatchObject({ code: "STALE_TURN", applied: false });
  expect(inner.texts).toEqual([]);
});

test("a stream is refused by a turn that has ended, and is not read", async () => {
  const { memory } = session();
  const turn = await memory.beginTurn();
  await turn.end();
  const stale = { code: "STALE_TURN", applied: false };
  const begun = vi.fn();
  for (const create of Object.values(kinds)) {
    expect(() => turn.hold(create({ begun }))).toThrow(expect.objectContaining(stale));
    await expect(turn.hold(Promise.resolve(create({ begun })))).rejects.toMatchObject(stale);
  }
  await expect(turn.hold(Promise.reject<ReadableStream>(own))).rejects.toBe(own);
  const late = await memory.beginTurn();
  const held = late.hold(Promise.resolve(words({ begun })));
  await late.end();
  await expect(held).rejects.toMatchObject(stale);
  expect(begun).not.toHaveBeenCalled();
});

test("a value that is not a stream, or a locked stream, is refused and leaves the turn as it is", async () => {
  const { memory } = session();
  await using turn = await memory.beginTurn();
  for (const wrong of [undefined, null, "text", {}, [1]]) {
    expect(() => turn.hold(wrong as never)).toThrow(/^hold needs a ReadableStream/);
  }
  const locked = new ReadableStream<string>();
  locked.getReader();
  expect(() => turn.hold(locked)).toThrow(TypeError);
  await turn.save("Hello", "Hi there!");
});
