export { lockGraph } from "./lock-graph";
export { lockStore, type StoreLike, type UpdatingStore } from "./lock-store";
export type { RunnableLike, RunOptions } from "../langchain/locked-runnable";
