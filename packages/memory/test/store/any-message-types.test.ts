import type Anthropic from "@anthropic-ai/sdk";
import { createLocker, inProcessDriver } from "@distlock/core";
import type { ModelMessage, UIMessage } from "ai";
import type OpenAI from "openai";
import { expectTypeOf, test } from "vitest";
import {
  InProcessMemory,
  LockedMemory,
  type Message,
  RedisMemory,
  type SearchableMemory,
  type Turn,
  type Written,
} from "../../src/index";

const locker = createLocker(inProcessDriver());

/** What a memory of messages `M` takes and returns, locked or not, in a turn or not. */
function memoryOf<M extends object>() {
  const memory = new RedisMemory<M>({} as never, { session: "s" });
  const locked = new LockedMemory((session: string) => new RedisMemory<M>({} as never, { session }), locker).for("s");
  return {
    takes: (messages: readonly M[]) => [
      memory.append(messages),
      memory.replace(messages),
      memory.save(messages[0]!, messages[1]!),
      locked.append(messages),
      locked.withTurn((turn) => turn.append(messages)),
      new InProcessMemory<M>().append(messages),
    ],
    gives: {
      memory: memory.load,
      locked: locked.load,
      turn: () => locked.withTurn((turn) => turn.load()),
      inProcess: new InProcessMemory<M>().load,
    },
  };
}

/** Never run: it only has to compile. What their SDKs give is kept, and what is loaded is what they take. */
export const fits = {
  async openai(client: OpenAI) {
    const { takes, gives } = memoryOf<OpenAI.ChatCompletionMessageParam>();
    const messages: OpenAI.ChatCompletionMessageParam[] = await gives.turn();
    const { choices } = await client.chat.completions.create({ model: "gpt-5", messages });
    takes(messages);
    takes([choices[0]!.message]);
    takes([{ role: "tool", tool_call_id: "c1", content: "noon" }]);
    takes([{ role: "developer", content: "Be brief." }]);
    await client.chat.completions.create({ model: "gpt-5", messages: await gives.memory() });
  },

  async "openai, answers"(client: OpenAI) {
    const { takes, gives } = memoryOf<OpenAI.ChatCompletionMessage>();
    const answers: OpenAI.ChatCompletionMessage[] = await gives.memory();
    takes(answers);
    await client.chat.completions.create({ model: "gpt-5", messages: answers });
  },

  async "openai, responses"(client: OpenAI) {
    const { takes, gives } = memoryOf<OpenAI.Responses.ResponseInputItem>();
    const input: OpenAI.Responses.ResponseInputItem[] = await gives.locked();
    const { output } = await client.responses.create({ model: "gpt-5", input });
    takes(input);
    takes(output as OpenAI.Responses.ResponseInputItem[]);
    takes([{ type: "function_call_output", call_id: "c1", output: "noon" }]);
  },

  async anthropic(client: Anthropic) {
    const { takes, gives } = memoryOf<Anthropic.MessageParam>();
    const messages: Anthropic.MessageParam[] = await gives.turn();
    const message = await client.messages.create({ model: "claude-sonnet-4-6", max_tokens: 9, messages });
    takes(messages);
    takes([message]);
    takes([{ role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "noon" }] }]);
  },

  async "anthropic, answers"(client: Anthropic) {
    const { takes, gives } = memoryOf<Anthropic.Message>();
    const messages: Anthropic.Message[] = await gives.inProcess();
    takes(messages);
    await client.messages.create({ model: "claude-sonnet-4-6", max_tokens: 9, messages });
  },

  async ai() {
    const model = memoryOf<ModelMessage>();
    const messages: ModelMessage[] = await model.gives.turn();
    model.takes(messages);
    const ui = memoryOf<UIMessage>();
    const shown: UIMessage[] = await ui.gives.memory();
    ui.takes(shown);
  },
};

test("a memory has the type of message that it is created with, or Message by default", () => {
  expectTypeOf<RedisMemory["load"]>().returns.resolves.toEqualTypeOf<Message[]>();
  expectTypeOf<RedisMemory<UIMessage>["load"]>().returns.resolves.toEqualTypeOf<UIMessage[]>();
  expectTypeOf<LockedMemory<RedisMemory<UIMessage>>>().toExtend<SearchableMemory>();
  expectTypeOf<LockedMemory<RedisMemory<UIMessage>>["beginTurn"]>().returns.resolves.toExtend<
    Turn<UIMessage, Written>
  >();
});

test("a Message has any role, and any other field", () => {
  const memory = new InProcessMemory();
  const messages: Message[] = [
    { role: "developer", content: "Be brief." },
    { role: "assistant", content: null, tool_calls: [{ id: "c1" }] },
    { role: "assistant", tool_calls: [{ id: "c1" }] },
    { role: "tool", tool_call_id: "c1", content: "noon" },
    { role: "of tomorrow", content: [{ type: "image", url: "a.png" }] },
  ];
  expectTypeOf(memory.append).toBeCallableWith(messages);
  // @ts-expect-error: a message is an object
  expectTypeOf(memory.append).toBeCallableWith(["text"]);
  // @ts-expect-error: so is one of another type
  expectTypeOf<RedisMemory<string>>().toBeObject();
});
