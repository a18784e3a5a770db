import type { Blow } from "./moments";

/** How a worker is started. */
export interface Post {
  readonly worker: string;
  readonly client: string;
  readonly url: string;
  readonly storeUrl: string;
  readonly folder: string;
  readonly keys: readonly string[];
  readonly jobs: readonly string[];
  readonly seed: number;
  /** How many jobs it does at a time. */
  readonly hands: number;
  /** Without locks. */
  readonly bare: boolean;
}

/**
 * The orders to a worker. `"spare"`: to call off all prepared faults; answered at once. `"calm"`: there are no more faults;
 * answered when Redis has answered. After `"finish"` it ends.
 */
export type Order =
  | { readonly do: "suffer"; readonly blow: Blow }
  | { readonly do: "step clock"; readonly ms: number }
  | { readonly do: "spare" }
  | { readonly do: "calm" }
  | { readonly do: "finish" };
