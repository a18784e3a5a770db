import type { Counts } from "./counts";

/** The work of one worker. */
export interface Job {
  readonly worker: string;
  readonly redisUrl: string;
  /** All keys begin with it. */
  readonly prefix: string;
  readonly rounds: number;
  readonly tracesUrls: readonly string[];
  readonly metricsPort: number;
}

/** The messages to a worker's process. It may play several times. */
export type ToWorker = { readonly say: "prepare"; readonly job: Job } | { readonly say: "play" };

/** The messages of a worker: `ready`, `called` after every call, and `played` when its spans are sent; or `failed`. */
export type FromWorker =
  | { readonly say: "ready" }
  | { readonly say: "called" }
  /** What the worker has counted itself, in all its plays. */
  | { readonly say: "played"; readonly counts: Counts }
  | { readonly say: "failed"; readonly why: string };
