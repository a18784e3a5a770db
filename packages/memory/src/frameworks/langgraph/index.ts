export type { RunnableLike } from "../langchain/locked-runnable";
export type { RunOptions } from "../langchain/run-options";
export { lockGraph } from "./lock-graph";
export { lockStore, type StoreLike, type UpdatingStore } from "./lock-store";
