import { boundProxy } from "../../support/bound-proxy";
import type { RunConfig } from "./run-config";

type Method = (...args: unknown[]) => unknown;

/** The `batch` of the base class: an `invoke` for each input. Subclasses send all inputs through each step side by side. */
function plainBatch(runnable: object): Method | undefined {
  let plain: Method | undefined;
  for (let each: object | null = runnable; each; each = Object.getPrototypeOf(each)) {
    if (Object.hasOwn(each, "batch")) plain = (each as { batch: Method }).batch;
  }
  return plain;
}

/** A `batch` with that `invoke`, one after the other for each key: within a turn all share its lock, and would run at once. */
export function orderedBatch(
  runnable: object,
  invoke: (input: unknown, config: RunConfig | undefined) => unknown,
  keyOf: (config: RunConfig | undefined) => string,
): Method | undefined {
  const batch = plainBatch(runnable);
  if (!batch) return undefined;
  return (...args) => {
    const last = new Map<string, Promise<unknown>>();
    async function inOrder(input: unknown, config: RunConfig | undefined): Promise<unknown> {
      const key = keyOf(config);
      const run = Promise.resolve(last.get(key)).then(() => invoke(input, config));
      last.set(
        key,
        run.catch(() => {}),
      );
      return run;
    }
    return Reflect.apply(batch, boundProxy(runnable, { invoke: inOrder }), args);
  };
}
