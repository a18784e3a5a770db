import type { Locker } from "@distlock/core";
import { lockedRunnable, type RunnableLike } from "../langchain/locked-runnable";
import type { RunOptions } from "../langchain/run-options";
import { holdCheckpoints } from "./hold-checkpoints";

/** `streamEvents` of version 3 returns a run that goes on by itself, even if nobody reads it, until its output is there. */
function output(run: unknown): PromiseLike<unknown> | undefined {
  const { abort, output } = run as { abort?: unknown; output?: PromiseLike<unknown> };
  return typeof abort === "function" ? output : undefined;
}

/**
 * A compiled graph of LangGraph, each of whose runs holds the lock of its thread: two runs at once would fork the thread, and
 * the changes of one of them would be lost. `invoke`, `stream`, `streamEvents`, each input of `batch`, and the writes `updateState`
 * and `bulkUpdateState` are locked; `getState` and the like are not. The checkpointer's single writes take no lock,
 * since they are parts of a run; writes that are under way when a run is aborted keep the lock of the run. The thread is
 * `config.configurable.thread_id`. Without it, a locked method rejects with `TypeError`, or throws it where it returns a stream
 * at once. The result of `withConfig`, `pipe` and the like is locked as a whole.
 *
 * A run that is interrupted is over, and its lock released: to resume is a run of its own. Graphs within a graph, and state
 * that its nodes update, use the lock of the run around them. Waiting, streams, signals and errors are as for `lockRunnable`.
 */
export function lockGraph<G extends RunnableLike>(graph: G, locker: Locker, options: RunOptions = {}): G {
  return lockedRunnable(graph, locker, options, {
    name: "lockGraph",
    id: "thread_id",
    writes: ["updateState", "bulkUpdateState"],
    until: output,
    prepare: (each) => holdCheckpoints(each, locker),
  });
}
