import { setTimeout as sleep } from "node:timers/promises";
import type { RedisOptions } from "../connection/options";
import { EXIT } from "../exit-codes";
import { codeOf } from "../failure";
import { findLocks } from "../locks/find";
import type { Glob } from "../locks/glob";
import type { Seen } from "../locks/seen";
import { openSession, type Session } from "../locks/session";
import { type Change, changesBetween, firstChanges, type Locks } from "./changes";

/** All locks at one time. */
export interface Look {
  readonly locks: Locks;
  /** When the look began, on `performance.now()`. */
  readonly start: number;
  /** When it was over. */
  readonly at: number;
}

export interface Watcher {
  onLook(look: Look, changes: readonly Change[]): void;
  /** A look failed: Redis is not there, or refuses. It is tried again. */
  onTrouble(error: Error): void;
}

export interface WatchOptions extends RedisOptions {
  /** Between two looks, in ms. */
  readonly interval: number;
}

/** Looks again and again, until the signal aborts: then it rejects with the reason. It also rejects if the first look fails. */
export async function keepLooking(
  glob: Glob,
  options: WatchOptions,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<never> {
  const connect = connector(options, signal);
  let last: Look | undefined;
  let session: Session | undefined;
  for (;;) {
    const start = performance.now();
    try {
      session ??= await connect();
      const look = await lookAround(glob, session);
      watcher.onLook(look, changesSince(last, look));
      last = look;
    } catch (error) {
      session?.close();
      session = undefined;
      if (signal.aborted || last === undefined || isBug(error)) throw error;
      watcher.onTrouble(error as Error);
    }
    // A look at very many keys takes long. So that the server is not kept busy, it rests for as long.
    const took = performance.now() - start;
    await sleep(Math.max(options.interval - took, Math.min(took, options.interval * 10)), undefined, { signal }).catch(
      () => signal.throwIfAborted(),
    );
  }
}

const isBug = (error: unknown): boolean => codeOf(error) === EXIT.bug.code || codeOf(error) === EXIT.usage.code;

function changesSince(last: Look | undefined, { locks, at }: Look): readonly Change[] {
  if (last === undefined) return firstChanges(locks);
  return changesBetween(last.locks, locks, { usual: at - last.at, longest: at - last.start });
}

async function lookAround(glob: Glob, session: Session): Promise<Look> {
  const start = performance.now();
  const locks = new Map<string, Seen>();
  await findLocks({ session, glob, all: false, onFound: (seen) => void locks.set(seen.key, seen) });
  return { locks, start, at: performance.now() };
}

/**
 * Connects, each time anew: a client that has lost its servers may not find those that took over. The node of a Cluster that the URL names
 * may be dead then, so the other nodes that were there are tried in turn.
 */
function connector(options: WatchOptions, signal: AbortSignal): () => Promise<Session> {
  const { url } = options;
  let places = [url];
  return async () => {
    const place = places.shift() ?? url;
    places.push(place);
    const session = await openSession({ ...options, url: place }, signal);
    if (url.kind === "server" && session.connection.cluster) {
      const nodes = await session.connection.primaries();
      const others = nodes.map(({ address }) => {
        const other = new URL(url.url);
        other.host = address;
        return { ...url, url: other.href, shown: address };
      });
      places = [place, ...others.filter((other) => new URL(other.url).host !== new URL(url.url).host)];
    }
    return session;
  };
}
