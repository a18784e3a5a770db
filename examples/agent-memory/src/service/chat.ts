import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { HumanMessage } from "@langchain/core/messages";
import { RunnableWithMessageHistory } from "@langchain/core/runnables";
import type { TurnHistory } from "./history";

export interface Question {
  readonly session: string;
  /** The request's: the same when it is sent again. */
  readonly id: string;
  readonly message: string;
}

/** The answer, piece by piece. The question and it are kept before the end. */
export async function* answer(
  model: BaseChatModel,
  history: TurnHistory,
  { session, id, message }: Question,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const kept = await history.getMessages();
  const asked = kept.findIndex((each) => each.id === id);
  if (asked >= 0) {
    // It was sent again, and is in the history already: it gets the answer that it got.
    yield kept[asked + 1]!.text;
    return;
  }
  const chain = new RunnableWithMessageHistory({ runnable: model, getMessageHistory: () => history });
  const config = { configurable: { sessionId: session }, signal };
  for await (const { text } of await chain.stream([new HumanMessage({ id, content: message })], config)) {
    yield text;
  }
  history.assertKept();
}
