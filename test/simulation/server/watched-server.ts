import type { AcquireReply, Driver, Place } from "../../../packages/core/src/driver/driver";
import type { DriverQueue } from "../../../packages/core/src/driver/driver-queue";
import { inboxOf } from "../../../packages/core/src/in-process/wait-queue";
import type { Event } from "../../faults/event";
import { idOf } from "../id";
import { createLaws } from "./laws";
import type { Server } from "./server";

/** The part of a request that says what it is about. */
interface About {
  readonly key?: string;
  readonly keys?: readonly string[];
  readonly token?: string;
  readonly to?: string;
  readonly inbox?: string;
  readonly place?: Place | undefined;
  readonly tombstone?: boolean;
}

type Method = (...args: readonly unknown[]) => Promise<unknown>;

/**
 * The methods of the server. Each also records which tokens it granted, queued, released and dropped.
 */
export function watchedServer(server: Server, now: () => number, record: (event: Event) => void): Driver {
  const { driver, memory, holder } = server;
  const laws = createLaws(server);
  let queues = new Map<string, Set<string>>();
  let damages = 0;

  /** The waiters of a key before a command is carried out. */
  function queueOf(key: string): Set<string> {
    if (damages !== server.damages) queues = new Map();
    damages = server.damages;
    const queue = queues.get(key) ?? new Set(memory.states.get(key)?.queue.data.tickets.keys());
    queues.set(key, queue);
    return queue;
  }

  const stateOf = (key: string) => ({ fence: memory.states.get(key)?.fence?.value ?? 0, holder: holder(key) });

  /** The new grant of a key, if a command made one. */
  function grantOf(key: string, before: ReturnType<typeof stateOf>, verb: string, asking: string): Event | undefined {
    const { fence, holder: token } = stateOf(key);
    if (fence === before.fence || token === undefined) return undefined;
    queueOf(key).delete(token);
    // A transfer that finds the lock free hands it over.
    const byRequest = verb === "transfer" ? "transferred" : "asked";
    const how = token === asking ? byRequest : "handed";
    const isSame = token === before.holder;
    const id = idOf(token, key);
    const inbox = inboxOf(token);
    const heard = memory.inboxes.has(inbox);
    return { what: "minted", at: now(), key, id, inbox, fence, how: isSame ? "again" : how, heard };
  }

  /** `asking`: the token that this command may have put into the queue. */
  function noteDropped(key: string, asking: string): void {
    const known = queueOf(key);
    const tickets = memory.states.get(key)?.queue.data.tickets;
    const newcomers = tickets?.has(asking) && !known.has(asking) ? 1 : 0;
    if (known.size === (tickets?.size ?? 0) - newcomers) return;
    for (const token of known) {
      if (tickets?.has(token)) continue;
      known.delete(token);
      record({ what: "dropped", at: now(), key, id: idOf(token, key) });
    }
  }

  function noteQueued(key: string, token: string, ticket: number, brought: number): void {
    // A token that is already in the queue keeps its place.
    const asked = queueOf(key).has(token) ? 0 : brought;
    queueOf(key).add(token);
    record({ what: "enters", at: now(), key, id: idOf(token, key), inbox: inboxOf(token), ticket, asked });
  }

  function noteForced(key: string, token: string): void {
    const at = now();
    record({ what: "forgot", at, to: at, key });
    record({ what: "forced", at, key, id: idOf(token, key), heard: memory.inboxes.has(inboxOf(token)) });
  }

  function note(verb: string, about: About, before: readonly ReturnType<typeof stateOf>[], reply: unknown): void {
    const { key = "", keys = [key], token = "", inbox = "" } = about;
    const at = now();
    if (verb === "forceRelease" && reply === true) noteForced(key, before[0]!.holder!);
    if (verb === "extend" && reply === "held" && before[0]!.holder !== token)
      record({ what: "wrong", at, why: `the server extended ${key} for ${idOf(token, key)}, which did not hold it` });
    if (verb === "release") {
      queueOf(key).delete(token);
      record({ what: "leaves", at, key, id: idOf(token, key), dead: about.tombstone === true });
    }
    keys.forEach((each, i) => {
      const grant = grantOf(each, before[i]!, verb, about.to ?? token);
      noteDropped(each, token);
      if (verb === "heartbeat") record({ what: "lives", at, key, inbox });
      if (grant) record(grant);
    });
    if (verb !== "acquire") return;
    const acquired = reply as AcquireReply;
    if (acquired.status !== "queued") return;
    const brought = about.place?.key === acquired.key ? about.place.ticket : 0;
    noteQueued(acquired.key, token, acquired.ticket, brought);
  }

  /** Returns a function of the reply that records whether the command broke a law. */
  function judge(verb: string, key: string, { token = "", to = token, place, tombstone = false }: About) {
    const before = laws.before(key, to);
    const ticket = place?.key === key ? place.ticket : 0;
    return (reply: unknown): void => {
      const breach = laws.breach({ verb, key, token: to, ticket, tombstone, reply }, before);
      if (breach) record({ what: "wrong", at: now(), why: `the server ${breach} (${verb} of ${idOf(to, key)})` });
    };
  }

  const watch =
    (verb: string, method: Method): Method =>
    async (...args) => {
      const about = typeof args[0] === "string" ? { key: args[0] } : (args[0] as About);
      const keys = about.keys ?? [about.key!];
      keys.forEach(queueOf);
      const before = keys.map(stateOf);
      const judges = keys.map((key) => judge(verb, key, about));
      const reply = await method(...args);
      note(verb, about, before, reply);
      for (const judged of judges) judged(reply);
      return reply;
    };

  const { queue, ...methods } = driver;
  const watched = Object.entries(methods).map(([verb, method]) => [verb, watch(verb, method as Method)]);
  const heartbeat = watch("heartbeat", queue!.heartbeat as Method) as DriverQueue["heartbeat"];
  return { ...(Object.fromEntries(watched) as Driver), queue: { heartbeat, listen: queue!.listen } };
}
