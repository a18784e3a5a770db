import type { Locker } from "@distlock/core";
import { LockedMemory, type RedisMemory } from "@distlock/memory";
import { chatHistory, lockRunnable } from "@distlock/memory/langchain";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import {
  HumanMessage,
  mapChatMessagesToStoredMessages,
  mapStoredMessagesToChatMessages,
} from "@langchain/core/messages";
import {
  type Runnable,
  type RunnableConfig,
  RunnableLambda,
  RunnableWithMessageHistory,
} from "@langchain/core/runnables";

export interface AgentOptions {
  readonly model: BaseChatModel;
  readonly memoryOf: (session: string) => RedisMemory;
  readonly locker: Locker;
  /** Length of a lease, ms: for how long a session is blocked by an instance that died in the middle of a turn. */
  readonly ttl: number;
  /** How a run is treated while another run of its session goes on. */
  readonly whenBusy: "wait" | "reject";
  /** `false` only to see a conversation break without the lock. */
  readonly locked: boolean;
}

export interface Question {
  /** Unique per question; a question that is sent again keeps its id. */
  readonly id: string;
  readonly text: string;
}

const maps = { mapChatMessagesToStoredMessages, mapStoredMessagesToChatMessages };

/** Answers a question of the session `configurable.sessionId`, piece by piece. Question and answer are kept before the answer ends. */
export function createAgent(options: AgentOptions): Runnable<Question, string> {
  const { model, memoryOf, locker, ttl, whenBusy, locked } = options;
  // Reads and writes in a run of lockRunnable carry the fence of its lock: Redis refuses a run that comes too late.
  const fenced = new LockedMemory(memoryOf, locker);

  async function* answer({ id, text }: Question, config: RunnableConfig): AsyncGenerator<string> {
    const session = String(config.configurable?.sessionId);
    const history = chatHistory(locked ? fenced.for(session) : memoryOf(session), maps);

    const kept = await history.getMessages();
    const asked = kept.findIndex((message) => message.id === id);
    if (asked >= 0) {
      // The question was sent again, and is in the history already: it gets its first answer.
      yield kept[asked + 1]!.text;
      return;
    }
    const chain = new RunnableWithMessageHistory({ runnable: model, getMessageHistory: () => history });
    for await (const part of await chain.stream([new HumanMessage({ id, content: text })], config)) yield part.text;
  }

  const agent = RunnableLambda.from<Question, string>(answer as never);
  return locked ? lockRunnable(agent, locker, { ttl, whenBusy }) : agent;
}
