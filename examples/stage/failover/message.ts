import type { Library } from "../library";
import type { Keys } from "./keys";

/** The work of one worker. */
export interface Job<Address = unknown> {
  readonly worker: string;
  readonly library: Library;
  readonly address: Address;
  readonly keys: Keys;
}

/** The messages to a worker's process. */
export type ToWorker =
  | { readonly say: "prepare"; readonly job: Job }
  | { readonly say: "play" }
  /** A holder that keeps its lock may release it now. */
  | { readonly say: "ease" }
  /** Ask for no more locks; waits that have begun go on. */
  | { readonly say: "finish" }
  /** The store's answer to a write. */
  | { readonly say: "stored"; readonly write: number; readonly taken: boolean };

/** One call of `withLock`, by its worker, the name of its lock and a number. */
interface OfCall {
  readonly lock: string;
  readonly call: number;
  /** ms of `monotonic()`. */
  readonly at: number;
}

/** The events of a call, in this order. A lock may be lost before or after its work ends. */
export type CallEvent = OfCall &
  (
    | { readonly say: "asks" }
    | { readonly say: "holds"; readonly fence: number }
    | { readonly say: "lost" }
    | { readonly say: "ends" }
    /** `error` is the code of the error with which the call rejected. */
    | { readonly say: "settles"; readonly error?: string }
  );

/** The messages of a worker's process. */
export type FromWorker =
  | { readonly say: "ready" }
  | CallEvent
  /** A write to the store, which lives in the process that gets this message. */
  | (OfCall & { readonly say: "writes"; readonly write: number; readonly fence: number })
  | { readonly say: "finished" }
  | { readonly say: "failed"; readonly why: string };
