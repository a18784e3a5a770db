import assert from "node:assert/strict";
import type { Message } from "../store/message";
import { assistant, several, user } from "./conversation";
import type { Cases, MemoryTarget } from "./target";

/** The contract of `append`. */
export const appendCases = ({ create }: MemoryTarget): Cases => ({
  "appends any number of messages, in order": async () => {
    const [a, b] = await create();
    const call: Message = { role: "assistant", content: [{ type: "tool-call", tool: "clock" }] };
    const turn = [user("what time is it?"), call, { role: "tool", content: "noon" } as const, assistant("noon")];
    await a.append!(turn);
    await b.append!([user("thanks")]);
    const many = several("many", 500);
    await a.append!(many);
    assert.deepEqual(await b.load(), [...turn, user("thanks"), ...many]);
  },

  "appends all or none, and refuses none": async () => {
    const [a] = await create();
    for (const bad of [[], [user("x"), "y"], [user("x"), user("y"), null], "z", undefined]) {
      await assert.rejects(a.append!(bad as never), TypeError);
    }
    assert.deepEqual(await a.load(), []);
  },
});
