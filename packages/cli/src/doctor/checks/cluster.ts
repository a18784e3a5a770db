import type { NodeFacts } from "../facts/facts";
import { fail, ok, type Verdict, warn } from "../verdict";

const SLOTS = 16_384;

/** Whether each slot has a node. Nothing for a server that is not in a Cluster. */
export function cluster({ cluster: info }: NodeFacts): Verdict | undefined {
  if (info === undefined) return undefined;
  const state = info.get("cluster_state");
  if (state === undefined)
    return warn("not known, since Redis refuses CLUSTER INFO", "grant the user +cluster", "docs/topologies.md#rights");
  const served = Number(info.get("cluster_slots_ok"));
  const missing = SLOTS - served;
  const advice = "run `redis-cli --cluster check` and `redis-cli --cluster fix`";
  if (missing > 0)
    return fail(
      `nobody serves ${missing} of ${SLOTS} slots: no lock can be taken in them${state === "ok" ? "" : ", nor in any other"}`,
      advice,
    );
  if (state !== "ok") return fail(`this node says that the Cluster is in the state "${state}"`, advice);
  return ok(`all ${SLOTS} slots are served`);
}
