import type { RedisOptions } from "../connection/options";
import { EXIT } from "../exit-codes";
import { Failure } from "../failure";
import { lookAt } from "../locks/look";
import { isForeign, type Seen } from "../locks/seen";
import { type Session, withSession } from "../locks/session";
import { escaped } from "../output/escape";
import type { OutputOptions } from "../output/options";
import { note, printJson } from "../output/output";
import { askUser } from "./ask-user";
import { describe, obstacle, WHY, type Why } from "./describe";

export interface ReleaseOptions extends RedisOptions, OutputOptions {
  readonly ifFence?: number;
  readonly ifLabel?: string;
  readonly reason?: string;
  readonly yes?: true;
}

/** Frees the hold that it shows, and no other. Returns the exit code. */
export async function release(key: string, options: ReleaseOptions): Promise<number> {
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  if (!options.yes && !isTerminal) {
    throw new Failure(
      EXIT.usage.code,
      "release needs --yes where it cannot ask: its input or its errors are not a terminal",
    );
  }
  return withSession(options, async (session) => {
    const seen = await lookAt(key, session);
    const why = await free(seen, session, options);
    note(`${escaped(key)}: ${WHY[why]}`);
    if (options.json)
      printJson({ ...seen, outcome: why, ...(options.reason !== undefined && { reason: options.reason }) });
    return why === "freed" ? EXIT.done.code : EXIT.no.code;
  });
}

async function free(seen: Seen, session: Session, options: ReleaseOptions): Promise<Why> {
  const unmet = obstacle(seen, options);
  if (unmet !== undefined) return unmet;
  for (const line of describe(seen, options)) note(line);
  if (!options.yes && !(await askUser("Free it?"))) return "declined";
  return forceOut(seen, session, options.reason);
}

/**
 * The fence names the hold that was shown: Redis compares it in the step that frees the lock. Another library's hold has none, so another
 * look must do. Between that look and the release such a hold may end and another begin.
 */
async function forceOut(seen: Seen, session: Session, reason: string | undefined): Promise<Why> {
  const { locker } = session;
  const { key, fence } = seen;
  if (!isForeign(seen)) return (await locker.forceRelease(key, { fence, reason })) ? "freed" : "gone";
  const again = await lookAt(key, session);
  if (!again.held || !isForeign(again)) return "gone";
  return (await locker.forceRelease(key, { reason })) ? "freed" : "gone";
}
