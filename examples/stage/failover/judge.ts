import { believedUntil, type Held, type History, heldOf, learnedAt } from "./history";
import { locks } from "./locks";

export interface Verdict {
  readonly good: boolean;
  readonly sentence: string;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const who = ({ worker, lock }: Held | History["turns"][number]): string => `${worker} with "${lock}"`;

/** Violations on one lock that no failure excuses. */
function* wrongsOf(history: History, lock: string): Generator<string> {
  const held = heldOf(history, lock);
  for (const [i, turn] of held.entries()) {
    const next = held[i + 1];
    if (next && next.fence <= turn.fence) yield `the fence fell from ${turn.fence} to ${next.fence} on "${lock}"`;
    // Only a failover that forgot a grant can grant the lock again while its holder believes in it; the holder then learns of the loss.
    const rival = held.slice(i + 1).find((other) => other.granted < believedUntil(turn, history));
    if (rival && learnedAt(turn) === undefined) yield `${who(rival)} was granted while ${who(turn)} held it`;
    const newer = held.some((other) => other.fence > turn.fence && other.granted < believedUntil(turn, history));
    if (turn.refused > 0 && !newer) yield `the store refused ${who(turn)}, though nobody newer had it`;
  }
}

/** Damage that the failover of this play should not have done. */
function* wrongsOfFailover(history: History): Generator<string> {
  const { failover } = history;
  if (!failover) return;
  if (!Number.isFinite(failover.recovered)) yield "no lock was granted after the failover";
  for (const { name, ttl, keeps } of locks) {
    if (heldOf(history, name).every(({ granted }) => granted < failover.replaced)) {
      yield `nobody was granted "${name}" after the failover`;
    }
    // A busy machine may stand still for longer than a short lease lasts.
    if (ttl < failover.recovered - failover.killed) continue;
    for (const turn of heldOf(history, name)) {
      const { granted } = turn;
      const lost = learnedAt(turn);
      if (lost === undefined) continue;
      if (lost < failover.killed) yield `${who(turn)} was lost before anything failed`;
      else if (granted > failover.recovered) yield `${who(turn)} was lost after the failover was over`;
      // It was granted long before the kill, so the replicas knew it.
      else if (keeps && granted < failover.killed - 1_000 && ttl > failover.recovered - failover.killed + ttl / 3)
        yield `${who(turn)} was lost, though its lease was longer than the failover`;
    }
  }
}

function* wrongs(history: History): Generator<string> {
  for (const { name } of locks) yield* wrongsOf(history, name);
  yield* wrongsOfFailover(history);
  for (const turn of history.turns) {
    if (turn.settled === undefined) yield `${who(turn)} had not ended when all was over`;
  }
  for (const turn of history.turns) {
    const { worker, lock, asked, granted } = turn;
    const same = (other: Held) => other.worker === worker && other.asked >= asked;
    if (granted === undefined && !heldOf(history, lock).some(same))
      yield `${who(turn)} was never granted it: ${turn.error}`;
  }
}

/** Judges the play: good if nothing happened that must not happen. */
export function judge(history: History): Verdict {
  const found = [...wrongs(history)];
  if (found.length > 0) {
    const more = found.length > 1 ? ` (and ${found.length - 1} more)` : "";
    return { good: false, sentence: `This should not have happened: ${found[0]}${more}.` };
  }
  const held = locks.flatMap(({ name }) => heldOf(history, name));
  const lost = held.filter((turn) => turn.lost !== undefined).length;
  const { failover } = history;
  const what = failover
    ? `The primary was killed; its locks were granted again ${seconds(failover.recovered - failover.killed)} later`
    : `${seconds(history.ended - history.began)} were played`;
  const losses =
    lost === 0 ? "no holder lost its lock" : `${lost} ${lost === 1 ? "holder was" : "holders were"} notified of a loss`;
  const sentence = `${what}: ${losses}, all who waited were granted, and fences rose with each of ${held.length} grants.`;
  return { good: true, sentence };
}
