import type { Message, Turn } from "@distlock/memory";
import { BaseListChatMessageHistory } from "@langchain/core/chat_history";
import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";

const fromMessage = ({ role, content, id }: Message): BaseMessage =>
  role === "user"
    ? new HumanMessage({ content: content as string, ...(id && { id }) })
    : new AIMessage({ content: content as string, ...(id && { id }) });

const toMessage = (message: BaseMessage): Message => ({
  role: message.getType() === "human" ? "user" : "assistant",
  content: message.text,
  ...(message.id && { id: message.id }),
});

export type Kept = Pick<Turn, "load"> & { append(messages: readonly Message[]): Promise<void> };

/** The history of a turn, for LangChain. */
export class TurnHistory extends BaseListChatMessageHistory {
  lc_namespace = ["distlock"];
  readonly #turn: Kept;
  #failure: unknown;

  constructor(turn: Kept) {
    super();
    this.#turn = turn;
  }

  async getMessages(): Promise<BaseMessage[]> {
    return (await this.#turn.load()).map(fromMessage);
  }

  async addMessage(message: BaseMessage): Promise<void> {
    await this.addMessages([message]);
  }

  override async addMessages(messages: BaseMessage[]): Promise<void> {
    try {
      await this.#turn.append(messages.map(toMessage));
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** LangChain warns of a write that failed, and gives the answer as if it were kept. */
  assertKept(): void {
    if (this.#failure) throw this.#failure;
  }
}
