import { createLocker, inProcessDriver } from "@distlock/core";
import { expectTypeOf, test } from "vitest";
import {
  type AppendableMemory,
  type Document,
  InProcessMemory,
  LockedMemory,
  lockMethods,
  type Memory,
  type Message,
  type MethodOf,
  RedisMemory,
  type ReplaceableMemory,
  type SearchableMemory,
  type Session,
  type StreamMethodOf,
  type Turn,
  type Turns,
  toVariableMemory,
  type VariableMemory,
  type WriteOptions,
  type Written,
} from "../../src/index";

const locker = createLocker(inProcessDriver());
const options = { key: "memory:s1" };

interface Note {
  text: string;
}

class NoteMemory {
  save = async (_input: Note, _output: Note) => {};
  load = async (): Promise<Note[]> => [];
  clear = async () => {};
}

test("a LockedMemory over a Memory is a Memory, and no VariableMemory", () => {
  const memory = new LockedMemory(new InProcessMemory(), locker, options);
  expectTypeOf(memory).toExtend<Memory<Message, Written> & SearchableMemory<Document>>();
  expectTypeOf(memory).toExtend<Turns<Turn>>();
  expectTypeOf(memory).not.toExtend<VariableMemory>();
  expectTypeOf(memory).not.toHaveProperty("saveContext");
  expectTypeOf<LockedMemory<RedisMemory>>().toExtend<Memory>();
  expectTypeOf<LockedMemory>().toEqualTypeOf<Memory & Turns<Turn>>();
});

test("a LockedMemory over a VariableMemory is a VariableMemory, and no Memory", () => {
  const memory = new LockedMemory(toVariableMemory(new InProcessMemory()), locker, options);
  expectTypeOf(memory).toEqualTypeOf<VariableMemory>();
  expectTypeOf(memory).not.toExtend<Memory>();
  expectTypeOf(memory).not.toHaveProperty("save");
});

test("a LockedMemory over both is both", () => {
  const inner = new InProcessMemory();
  const memory = new LockedMemory(Object.assign(inner, toVariableMemory(inner)), locker, options);
  expectTypeOf(memory).toExtend<Memory>();
  expectTypeOf(memory).toExtend<VariableMemory>();
});

test("keeps the messages and documents of the memory, and adds the options that its methods leave out", () => {
  const memory = new LockedMemory(new NoteMemory(), locker, options);
  expectTypeOf(memory).toExtend<Memory<Note, void>>();
  type Save = (input: Note, output: Note, options?: WriteOptions) => unknown;
  expectTypeOf(memory.save).parameters.toEqualTypeOf<Parameters<Save>>();
});

test("can be locked again, and used where the type of message is open", () => {
  const twice = new LockedMemory(new LockedMemory(new InProcessMemory(), locker, options), locker, { key: "other" });
  expectTypeOf(twice).toExtend<Memory & Turns<Turn>>();
  const generic = <M>(memory: Memory<M>): Memory<M> => new LockedMemory(memory, locker, options);
  expectTypeOf(generic<Note>).returns.toEqualTypeOf<Memory<Note>>();
});

test("a turn has the memory's own types, appends and replaces if the memory does, and returns the result of its work", () => {
  const memory = new LockedMemory(new NoteMemory(), locker, options);
  const work = () => memory.withTurn({ whenBusy: "reject" }, async (turn) => (await turn.load())[0]?.text);
  expectTypeOf(work).returns.resolves.toEqualTypeOf<string | undefined>();
  expectTypeOf(memory.beginTurn).returns.resolves.toEqualTypeOf<Turn<Note, void>>();
  const appending = new LockedMemory(
    { ...new NoteMemory(), append: async (_: readonly Note[]) => {}, replace: async (_: readonly Note[]) => {} },
    locker,
    options,
  );
  expectTypeOf(appending).toExtend<AppendableMemory<Note> & ReplaceableMemory<Note>>();
  expectTypeOf(appending.beginTurn).returns.resolves.toExtend<
    Turn<Note> & AppendableMemory<Note> & ReplaceableMemory<Note>
  >();
  expectTypeOf(memory).not.toHaveProperty("append");
  expectTypeOf(memory).not.toHaveProperty("search");
  expectTypeOf(memory).not.toHaveProperty("replace");
});

test("a held stream keeps its kind and its chunks", () => {
  const held = (turn: Turn) => ({
    readable: turn.hold(new ReadableStream<string>()),
    iterable: turn.hold(
      (async function* () {
        yield 1;
      })(),
    ),
    promised: turn.hold(Promise.resolve(new ReadableStream<string>())),
  });
  expectTypeOf(held).returns.toEqualTypeOf<{
    readable: ReadableStream<string>;
    iterable: AsyncIterableIterator<number>;
    promised: Promise<ReadableStream<string>>;
  }>();
});

test("a LockedMemory of many sessions returns one for a session of the type that its function takes", () => {
  const sessions = new LockedMemory((session) => new RedisMemory({} as never, { session }), locker);
  expectTypeOf(sessions.for).parameters.toEqualTypeOf<[Session]>();
  expectTypeOf(sessions.for).returns.toEqualTypeOf<LockedMemory<RedisMemory>>();
  const named = new LockedMemory((_: string) => new NoteMemory(), locker, { key: (session) => `note:${session}` });
  expectTypeOf(named.for).parameters.toEqualTypeOf<[string]>();
});

class Store {
  readonly #kept: string[] = [];
  async add<T extends string>(text: T, tag?: string): Promise<T> {
    this.#kept.push(text, tag ?? "");
    return text;
  }
  addNow(text: string): number {
    return this.#kept.push(text);
  }
  async *each(): AsyncGenerator<string> {
    yield* this.#kept;
  }
  open(_at: number): ReadableStream<string> {
    return ReadableStream.from(this.each()) as ReadableStream<string>;
  }
  *eachNow(): Generator<string, number> {
    yield* this.#kept;
    return 1;
  }
  maybe(): void | Promise<void> {}
  later? = async (): Promise<void> => {};
  size = 0;
}

test("an object with locked methods keeps its type, but results that came at once are promises", () => {
  const same = lockMethods(new Store(), locker, { write: ["add", "maybe", "later", "each"], key: "k" });
  expectTypeOf(same).toEqualTypeOf<Store>();
  const now = lockMethods(new Store(), locker, { write: ["addNow"], stream: ["each"], key: "k" });
  expectTypeOf(now.addNow).toEqualTypeOf<(text: string) => Promise<number>>();
  expectTypeOf(now.each).toEqualTypeOf<Store["each"]>();
  expectTypeOf(now.add).toEqualTypeOf<Store["add"]>();
  const inline = {
    async add() {
      return this.size;
    },
    size: 1,
  };
  expectTypeOf(lockMethods(inline, locker, { write: ["add"], key: "k" })).toEqualTypeOf<typeof inline>();
  lockMethods(new Store(), locker, {
    write: ["add"],
    stream: ["open"],
    key: (method, args, target) => {
      expectTypeOf(method).toEqualTypeOf<"add" | "open">();
      expectTypeOf(args).toEqualTypeOf<Readonly<Parameters<Store["add"]>> | readonly [number]>();
      expectTypeOf(target).toEqualTypeOf<Store>();
      return String(args[0]);
    },
  });
  expectTypeOf<MethodOf<Store>>().toEqualTypeOf<"add" | "addNow" | "each" | "eachNow" | "maybe" | "later" | "open">();
  expectTypeOf<StreamMethodOf<Store>>().toEqualTypeOf<"each" | "open">();
});

test("only methods can be locked", () => {
  const wrong = [
    // @ts-expect-error: misspelt
    () => lockMethods(new Store(), locker, { write: ["ad"], key: "k" }),
    // @ts-expect-error: no method
    () => lockMethods(new Store(), locker, { write: ["size"], key: "k" }),
    // @ts-expect-error: returns a stream at once
    () => lockMethods(new Store(), locker, { write: ["open"], key: "k" }),
    // @ts-expect-error: a generator that is not async
    () => lockMethods(new Store(), locker, { write: ["eachNow"], key: "k" }),
    // @ts-expect-error: a generator that is not async
    () => lockMethods(new Store(), locker, { write: [], stream: ["eachNow"], key: "k" }),
    // @ts-expect-error: does not return a stream
    () => lockMethods(new Store(), locker, { write: [], stream: ["add"], key: "k" }),
    // @ts-expect-error: the key is missing
    () => lockMethods(new Store(), locker, { write: ["add"] }),
    // @ts-expect-error: a signal is not an option of all calls
    () => lockMethods(new Store(), locker, { write: ["add"], key: "k", signal: new AbortController().signal }),
  ];
  expectTypeOf(wrong).toBeArray();
});

test("takes nothing else", () => {
  const wrong = [
    // @ts-expect-error: saveContext alone is not a memory
    () => new LockedMemory({ saveContext: async () => {} }, locker, options),
    // @ts-expect-error: the key is missing
    () => new LockedMemory(new InProcessMemory(), locker, {}),
    // @ts-expect-error: the signal belongs to each call
    () => new LockedMemory(new InProcessMemory(), locker, { ...options, signal: new AbortController().signal }),
    // @ts-expect-error: a message has a role
    () => new LockedMemory(new InProcessMemory(), locker, options).save({ content: "" }, { content: "" }),
  ];
  expectTypeOf(wrong).toBeArray();
});
