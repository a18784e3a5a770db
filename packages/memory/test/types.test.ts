import { createLocker, inProcessDriver } from "@distlock/core";
import { expectTypeOf, test } from "vitest";
import {
  type Document,
  InProcessMemory,
  LockedMemory,
  type Memory,
  type Message,
  type RedisMemory,
  toVariableMemory,
  type VariableMemory,
  type WriteOptions,
} from "../src/index";

const locker = createLocker(inProcessDriver());
const options = { key: "memory:s1" };

interface Note {
  text: string;
}

class NoteMemory {
  save = async (_input: Note, _output: Note) => {};
  load = async (): Promise<Note[]> => [];
  search = async (query: string): Promise<string[]> => [query];
  clear = async () => {};
}

test("a LockedMemory over a Memory is a Memory, and no VariableMemory", () => {
  const memory = new LockedMemory(new InProcessMemory(), locker, options);
  expectTypeOf(memory).toEqualTypeOf<Memory<Message, Document>>();
  expectTypeOf(memory).not.toExtend<VariableMemory>();
  expectTypeOf(memory).not.toHaveProperty("saveContext");
  expectTypeOf<LockedMemory<RedisMemory>>().toExtend<Memory>();
  expectTypeOf<LockedMemory>().toEqualTypeOf<Memory>();
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
  expectTypeOf(memory).toEqualTypeOf<Memory<Note, string>>();
  expectTypeOf(memory.save).parameters.toEqualTypeOf<[input: Note, output: Note, options?: WriteOptions]>();
});

test("can be locked again, and used where the type of message is open", () => {
  const twice = new LockedMemory(new LockedMemory(new InProcessMemory(), locker, options), locker, { key: "other" });
  expectTypeOf(twice).toEqualTypeOf<Memory>();
  const generic = <M>(memory: Memory<M>): Memory<M> => new LockedMemory(memory, locker, options);
  expectTypeOf(generic<Note>).returns.toEqualTypeOf<Memory<Note>>();
});

test("takes nothing else", () => {
  const wrong = [
    // @ts-expect-error: saveContext alone is no memory
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
