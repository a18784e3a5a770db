import { LockBackendError } from "@distlock/core";
import type { Node } from "../connection/clients";
import type { Ask } from "./ask";
import { type Companion, companionOf, companionPattern } from "./companions";
import type { Glob } from "./glob";
import { type Seen, seenAt } from "./seen";
import { type ServerClock, serverClock } from "./server-clock";
import type { Session } from "./session";

/** How many keys a `SCAN` looks at: about a millisecond of the server's time. */
const COUNT = "1000";

/** How many requests are under way to each server. The server carries out that many in one or two milliseconds. */
const AT_ONCE = 100;

export interface Search {
  readonly session: Session;
  readonly glob: Glob;
  /** Finds free locks too, as long as Redis remembers their last grant. */
  readonly all: boolean;
  onFound(seen: Seen): void;
  /** So many more keys of locks were looked at. */
  onKeys?(count: number): void;
}

/** Finds the locks that a locker has taken or waits for, by their companions. Resolves when it has looked at all keys. */
export async function findLocks(search: Search): Promise<void> {
  const found = new Set<string>();
  const nodes = await search.session.connection.primaries();
  await Promise.all(nodes.map((node) => findOn(node, search, found)));
}

/** A key may be met several times: by both of its companions, by `SCAN` itself, and while a slot moves to another server. */
async function findOn(node: Node, search: Search, found: Set<string>): Promise<void> {
  const { session, glob, all, onKeys } = search;
  const { ask, connection } = session;
  const clock = await serverClock(node, ask);
  for await (const names of scan(node, companionPattern(connection.prefix, glob), ask)) {
    const companions = names.flatMap((name) => companionOf(connection.prefix, name) ?? []);
    const matching = companions.filter(({ key }) => !found.has(key) && glob.matches(key));
    for (const some of inParts(matching)) {
      const live = all ? some : await withoutFree(some, node, search);
      const keys = new Set(live.map(({ key }) => key).filter((key) => !found.has(key)));
      for (const key of keys) found.add(key);
      await Promise.all([...keys].map((key) => inspect(key, clock, search)));
    }
    onKeys?.(matching.length);
  }
}

async function* scan(node: Node, match: string, ask: Ask): AsyncGenerator<readonly string[]> {
  let cursor = "0";
  do {
    const reply = await ask(node, "SCAN", cursor, "MATCH", match, "COUNT", COUNT);
    const [next, names] = reply as readonly [string, readonly string[]];
    cursor = String(next);
    yield names;
  } while (cursor !== "0");
}

function* inParts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += AT_ONCE) yield all.slice(i, i + AT_ONCE);
}

const IS_MISSING = -2;

/**
 * Leaves out the locks that are free. A fence is remembered for a day, so most may be free where each key is locked once, and to ask for
 * the key alone costs the server far less than to inspect it. A lock with a queue is always inspected. So is one that moves to another server.
 */
async function withoutFree(
  companions: readonly Companion[],
  node: Node,
  { session: { ask, connection } }: Search,
): Promise<readonly Companion[]> {
  const left = await Promise.all(
    companions.map(({ key, kind }) =>
      kind === "queue1" ? undefined : ask(node, "PTTL", connection.prefix + key).catch(unlessMoved),
    ),
  );
  return companions.filter((_, i) => Number(left[i] ?? 0) !== IS_MISSING);
}

function unlessMoved(error: Error): undefined {
  if (!/\b(?:MOVED|ASK)\b/.test(error.message)) throw error;
}

async function inspect(key: string, clock: ServerClock, { session, all, onFound }: Search): Promise<void> {
  const { ask, locker } = session;
  try {
    const found = await ask.within(locker.inspect(key));
    if (all || found.held || found.waiting > 0) onFound(seenAt(clock(), key, found));
  } catch (error) {
    if (!isNotALock(error)) throw error;
  }
}

/** A key that another program uses for something else is not shown. */
const isNotALock = (error: unknown): boolean =>
  LockBackendError.is(error) && /not a lock|not written by distlock|WRONGTYPE/.test(error.message);
