import type { Locker } from "@distlock/core";
import { lockMethods } from "../../lock-methods/lock-methods";
import { boundProxy } from "../../support/bound-proxy";
import { encode, SEPARATOR } from "../../support/session-key";
import { type CallOptions, resolveCallOptions } from "../../turn/call-options";
import { lockedCall } from "../../turn/locked-call";

type Value = Record<string, unknown>;

/** As much of LangGraph's `BaseStore` as is used. */
export interface StoreLike {
  get(namespace: string[], key: string): Promise<{ value: Value } | null>;
  put(namespace: string[], key: string, value: Value): Promise<void>;
  delete(namespace: string[], key: string): Promise<void>;
}

export interface UpdatingStore {
  /**
   * Calls `change` with the item's value, `undefined` if there is no item, puts its result and returns it. If the result is
   * `undefined` the item is left as it is. `change` may run for long: the item is locked meanwhile. Rejects with its error, and as `lockMethods` does.
   */
  update<V extends Value>(
    namespace: string[],
    key: string,
    change: (value: V | undefined) => V | undefined | PromiseLike<V | undefined>,
  ): Promise<V | undefined>;
}

const itemKey = (namespace: unknown, key: unknown): string => {
  if (!Array.isArray(namespace)) throw new TypeError("namespace must be an array of strings");
  const parts = [...namespace.map((part) => encode("namespace", part)), encode("key", key)];
  return `store:{${parts.join(SEPARATOR)}}`;
};

/**
 * A store of LangGraph with one method more, `update`, which reads and writes an item under its lock. `put` and `delete` hold
 * that lock too. `batch` does not, and a graph calls `batch` of the store that it was compiled with. Throws `TypeError` or
 * `RangeError` for bad options.
 */
export function lockStore<S extends StoreLike>(store: S, locker: Locker, options: CallOptions = {}): S & UpdatingStore {
  const how = resolveCallOptions(options);
  const locked = lockMethods(store as StoreLike, locker, {
    ...options,
    write: ["put", "delete"],
    key: (_method, [namespace, key]) => itemKey(namespace, key),
  });
  const updating: UpdatingStore = {
    async update<V extends Value>(
      namespace: string[],
      key: string,
      change: (value: V | undefined) => V | undefined | PromiseLike<V | undefined>,
    ) {
      return lockedCall(locker, itemKey(namespace, key), how, async () => {
        const value = await change((await store.get(namespace, key))?.value as V | undefined);
        if (value !== undefined) await store.put(namespace, key, value);
        return value;
      });
    },
  };
  return boundProxy(locked, { ...updating }) as S & UpdatingStore;
}
