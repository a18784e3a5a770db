import { TOMBSTONE } from "../../../packages/core/src/driver/times";
import type { Check } from "../../faults/check/digest";

/** A token that was given up is not granted for a minute, unless the server lost its tombstone. */
export const ghosts: Check = function* ({ history }) {
  const deadSince = new Map<string, { readonly key: string; readonly at: number }>();

  function forget(key: string | undefined): void {
    for (const [id, dead] of deadSince) if (dead.key === (key ?? dead.key)) deadSince.delete(id);
  }

  for (const event of history) {
    if (event.what === "leaves" && event.dead) deadSince.set(event.id, event);
    if (event.what === "strayed" || (event.what === "forgot" && event.key === undefined)) forget(event.key);
    if (event.what !== "minted") continue;
    const dead = deadSince.get(event.id);
    if (dead !== undefined && event.at - dead.at < TOMBSTONE)
      yield `${event.id} was granted ${event.key} at ${event.at.toFixed(0)}, though it was given up`;
  }
};
