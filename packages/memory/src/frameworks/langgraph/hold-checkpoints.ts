import type { Locker } from "@distlock/core";
import { boundProxy } from "../../support/bound-proxy";
import { keepHeld } from "../../turn/held-locks";

type Write = (...args: unknown[]) => Promise<unknown>;

interface Saver {
  put: Write;
  putWrites: Write;
}

interface Graph {
  checkpointer?: unknown;
  withConfig?: (config: object) => object;
}

const heldSavers = new WeakSet<object>();

function holdSaver(saver: unknown, locker: Locker): unknown {
  if (typeof saver !== "object" || saver === null || heldSavers.has(saver)) return saver;
  const own = saver as Saver;
  const held =
    (name: keyof Saver): Write =>
    async (...args) => {
      const leave = keepHeld(locker);
      try {
        return await own[name](...args);
      } finally {
        void leave?.();
      }
    };
  const checkpoints = boundProxy(own, { put: held("put"), putWrites: held("putWrites") });
  heldSavers.add(checkpoints);
  return checkpoints;
}

/** Where its class has one, as an agent of LangChain does for its graph. */
function setterOf(graph: object): ((value: unknown) => void) | undefined {
  for (let each: object | null = graph; each; each = Object.getPrototypeOf(each)) {
    const place = Object.getOwnPropertyDescriptor(each, "checkpointer");
    if (place) return place.set;
  }
  return undefined;
}

/**
 * Returns the graph, whose run keeps its lock until its writes are done: LangGraph rejects a run that is aborted, or
 * ends its stream, while its last checkpoints are under way, and the next run would begin without them. So with a
 * checkpointer that is set later, as LangGraph's server does.
 */
export function holdCheckpoints<G extends object>(graph: G, locker: Locker): G {
  const { withConfig } = graph as Graph;
  if (typeof withConfig !== "function" || !("checkpointer" in graph)) return graph;
  const copy = withConfig.call(graph, {}) as Graph;
  const setter = setterOf(copy);
  let saver: unknown;
  const set = (value: unknown) => {
    saver = holdSaver(value, locker);
    setter?.call(copy, saver);
  };
  set(copy.checkpointer);
  return Object.defineProperty(copy, "checkpointer", {
    get: () => saver,
    set,
    enumerable: true,
    configurable: true,
  }) as G;
}
