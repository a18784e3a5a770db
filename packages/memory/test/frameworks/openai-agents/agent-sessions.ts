import type { AgentInputItem, Session } from "@openai/agents";
import type { Redis } from "ioredis";

/** A session as one may write it by hand, shared by all that name it: it knows of no lock and no fence. */
export function plainSession(client: Redis, id: string): Session {
  const list = `plain:${id}`;
  const texts = (from: number) => client.lrange(list, from, -1);
  return {
    getSessionId: async () => id,
    getItems: async (limit = 0) => (await texts(-limit)).map((text) => JSON.parse(text)),
    addItems: async (items) => void (await client.rpush(list, ...items.map((item) => JSON.stringify(item)))),
    async popItem() {
      const text = await client.rpop(list);
      return text === null ? undefined : JSON.parse(text);
    },
    clearSession: async () => void (await client.del(list)),
  };
}

/** The text of an item, and its speaker or tool. */
export function said(item: AgentInputItem): string {
  switch (item.type) {
    case "function_call":
      return `call ${item.callId}`;
    case "function_call_result":
      return `output ${item.callId}`;
    case undefined:
    case "message": {
      const content = item.content as string | { text: string }[];
      return `${item.role}: ${typeof content === "string" ? content : content.map(({ text }) => text).join("")}`;
    }
    default:
      return String(item.type);
  }
}
