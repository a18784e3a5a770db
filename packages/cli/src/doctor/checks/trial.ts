import type { NodeFacts } from "../facts/facts";
import { fail, ok, type Verdict, warn } from "../verdict";

const DOCS = "docs/topologies.md#rights";

/** What the user may do. */
export function rights({ rights: found }: NodeFacts): Verdict | undefined {
  if (found === undefined) return undefined;
  const { key, refused, foreignKey, untried } = found;
  if (foreignKey) {
    return warn(
      `not known: the user may not use keys such as ${key}`,
      "run doctor with --keys and the beginning of your locks, as in --keys app:",
      DOCS,
    );
  }
  if (untried !== undefined) return warn(`not known: ${untried}`, "see the other findings", DOCS);
  if (refused.length === 0) return ok("the user may run the scripts, and every command in them");
  return fail(
    `the user may not run ${refused.join(", ")}`,
    `grant ${refused.map((name) => `+${name}`).join(" ")}`,
    DOCS,
  );
}

/** Whether a release wakes a waiter. */
export function messages({ trial }: NodeFacts): Verdict | undefined {
  if (trial === undefined) return undefined;
  if (trial.messages === undefined) return ok("a message from a script arrives");
  return warn(
    `${trial.messages}. Waiters get their locks up to 1.3 s late, and holders are not notified when their lock is forced out`,
    "grant +subscribe +publish &distlock:*; see that each locker can open one more connection (maxclients), and that no proxy drops messages",
    DOCS,
  );
}

/** Whether a lock can be taken, handed over, extended and released. */
export function lock({ trial }: NodeFacts): Verdict | undefined {
  if (trial === undefined) return undefined;
  if (trial.lock === undefined) return ok("a lock was taken, handed over, extended and released");
  return fail(trial.lock, "see the other findings, and the log of the server", "docs/on-call.md#commands-fail");
}
