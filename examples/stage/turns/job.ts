import type { Library } from "../library";

/** The work of one instance. */
export interface Job {
  readonly instance: string;
  readonly clientLibrary: Library;
  readonly url: string;
  /** Redis key of the conversation. */
  readonly conversation: string;
  /** Key of the lock, or `undefined` to write without. */
  readonly lock: string | undefined;
  readonly turns: number;
}

/** The messages to an instance's process, in this order. */
export type ToInstance = { readonly say: "prepare"; readonly job: Job } | { readonly say: "play" };

/** The messages of an instance: `ready`, `written` after every turn, and in the end how long each turn waited (ms); or `failed`. */
export type FromInstance =
  | { readonly say: "ready" }
  | { readonly say: "written" }
  | { readonly say: "finished"; readonly waits: number[] }
  | { readonly say: "failed"; readonly why: string };
