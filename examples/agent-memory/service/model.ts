import { setTimeout as sleep } from "node:timers/promises";
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import { SimpleChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk } from "@langchain/core/outputs";

/** Time that the model takes for each word, in ms. */
const THINKING = 5;

/** The answer to a question such as "q7: where is my parcel?". It says how many messages the model got. */
function answerTo(messages: readonly BaseMessage[]): string {
  const [question = ""] = messages.at(-1)?.text.split(":") ?? [];
  return `answer to ${question}; I have seen ${messages.length} messages`;
}

/** Stands in for `ChatOpenAI`, `ChatAnthropic` and the like: no network, and its answers can be checked. */
export class ScriptedModel extends SimpleChatModel {
  override _llmType(): string {
    return "scripted";
  }

  override async _call(messages: BaseMessage[], options: this["ParsedCallOptions"]): Promise<string> {
    let answer = "";
    for await (const { text } of this._streamResponseChunks(messages, options)) answer += text;
    return answer;
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    { signal }: this["ParsedCallOptions"],
    run?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    for (const text of answerTo(messages).split(/(?<= )/)) {
      await sleep(THINKING, undefined, { ...(signal && { signal }) });
      yield new ChatGenerationChunk({ text, message: new AIMessageChunk(text) });
      await run?.handleLLMNewToken(text);
    }
  }
}
