export { lockGraph } from "../langgraph/lock-graph";
export { lockStore, type StoreLike, type UpdatingStore } from "../langgraph/lock-store";
export type { RunnableLike, RunOptions } from "../locked-runnable";
