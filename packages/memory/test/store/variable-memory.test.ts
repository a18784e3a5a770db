import { describe, expect, test, vi } from "vitest";
import { InProcessMemory, type Memory, toVariableMemory } from "../../src/index";

describe("toVariableMemory", () => {
  test("saves the input as the user's message and the output as the assistant's", async () => {
    const memory = new InProcessMemory();
    const variables = toVariableMemory(memory);
    await variables.saveContext({ input: "Hello", other: 1 }, { output: "Hi there!" });
    const messages = [
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hi there!" },
    ];
    expect(await memory.load()).toEqual(messages);
    expect(variables.memoryVariables()).toEqual(["history"]);
    expect(await variables.loadMemoryVariables({})).toEqual({ history: messages });
    await variables.clear();
    expect(await variables.loadMemoryVariables({ input: "Hello" })).toEqual({ history: [] });
  });

  test("uses the names in its options", async () => {
    const variables = toVariableMemory(new InProcessMemory(), { input: "q", output: "a", history: "chat" });
    await variables.saveContext({ q: "1" }, { a: "2" });
    expect(variables.memoryVariables()).toEqual(["chat"]);
    expect(await variables.loadMemoryVariables({ q: "3" })).toMatchObject({
      chat: [{ content: "1" }, { content: "2" }],
    });
  });

  test("passes on the query and the options", async () => {
    const calls = { save: vi.fn(), load: vi.fn(async () => []), clear: vi.fn() };
    const variables = toVariableMemory(calls satisfies Memory);
    const options = { signal: new AbortController().signal };
    await variables.loadMemoryVariables({ input: "q" }, options);
    expect(calls.load).toHaveBeenCalledExactlyOnceWith({ ...options, query: "q" });
    await variables.saveContext({ input: "q" }, { output: "a" }, options);
    expect(calls.save.mock.calls[0]?.[2]).toBe(options);
    await variables.clear(options);
    expect(calls.clear).toHaveBeenCalledExactlyOnceWith(options);
  });

  test("refuses variables that are not text, and saves nothing", async () => {
    const memory = new InProcessMemory();
    const variables = toVariableMemory(memory);
    const missing = variables.saveContext({}, { output: "a" });
    await expect(missing).rejects.toThrow(new TypeError('variable "input" must be a string, got undefined'));
    const wrong = variables.saveContext({ input: "q" }, { output: 1 });
    await expect(wrong).rejects.toThrow(new TypeError('variable "output" must be a string, got number'));
    expect(await memory.load()).toEqual([]);
  });
});
