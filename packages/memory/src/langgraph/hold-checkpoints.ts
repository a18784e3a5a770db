import type { Locker } from "@distlock/core";
import { boundProxy } from "../bound-proxy";
import { holdOn } from "../held-locks";

type Write = (...args: unknown[]) => Promise<unknown>;

interface Saver {
  put: Write;
  putWrites: Write;
}

interface Graph {
  checkpointer?: unknown;
  withConfig?: (config: object) => object;
}

/**
 * The same graph, whose run keeps its lock until what it writes has been written: LangGraph rejects a run that is aborted, or
 * ends its stream, while its last checkpoints are under way, and the next run would begin without them.
 */
export function holdCheckpoints<G extends object>(graph: G, locker: Locker): G {
  const { checkpointer, withConfig } = graph as Graph;
  const saver = checkpointer as Saver | null | undefined | boolean;
  if (typeof saver !== "object" || saver === null || typeof withConfig !== "function") return graph;
  const held =
    (name: keyof Saver): Write =>
    async (...args) => {
      const leave = holdOn(locker);
      try {
        return await saver[name](...args);
      } finally {
        void leave?.();
      }
    };
  const checkpoints = boundProxy(saver, { put: held("put"), putWrites: held("putWrites") });
  return Object.assign(withConfig.call(graph, {}), { checkpointer: checkpoints }) as G;
}
