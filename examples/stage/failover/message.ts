import type { Library } from "./client";
import type { Keys } from "./keys";

/** What a worker is told to be. */
export interface Job<Address = unknown> {
  readonly worker: string;
  readonly library: Library;
  readonly address: Address;
  readonly keys: Keys;
}

/** What is said to a worker's process. */
export type ToWorker =
  | { readonly say: "prepare"; readonly job: Job }
  | { readonly say: "play" }
  /** Who keeps a lock may release it now. */
  | { readonly say: "ease" }
  /** Ask for no lock any more; what is waited for is waited for. */
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

/** What happens to a call, in this order; a lock that is lost may be lost before or after its work ends. */
export type CallEvent = OfCall &
  (
    | { readonly say: "asks" }
    | { readonly say: "holds"; readonly fence: number }
    | { readonly say: "lost" }
    | { readonly say: "ends" }
    /** `error` is the code of what the call rejected with. */
    | { readonly say: "settles"; readonly error?: string }
  );

/** What a worker's process says. */
export type FromWorker =
  | { readonly say: "ready" }
  | CallEvent
  /** A write to the store, which lives in the process that hears this. */
  | (OfCall & { readonly say: "writes"; readonly write: number; readonly fence: number })
  | { readonly say: "finished" }
  | { readonly say: "failed"; readonly why: string };
