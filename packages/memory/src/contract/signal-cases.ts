import assert from "node:assert/strict";
import { allWrites, assistant, saved, user } from "./conversation";
import type { Cases, MemoryTarget } from "./target";

/** The contract of a memory that knows of signals. */
export const signalCases = ({ create, parts }: MemoryTarget): Cases => ({
  "does nothing, and rejects with the reason, once its signal has aborted": async () => {
    const [a] = await create();
    await a.save(user("one"), assistant("two"));
    const reason = new Error("enough");
    const options = { signal: AbortSignal.abort(reason) };
    const isReason = (error: unknown) => error === reason;
    for (const [what, write] of allWrites(parts)) await assert.rejects(write(a, "late", options), isReason, what);
    await assert.rejects(a.load(options), isReason);
    if (parts.includes("search")) await assert.rejects(a.search!("one", 1, options), isReason);
    assert.deepEqual(await saved(a), ["one", "two"]);
  },
});
