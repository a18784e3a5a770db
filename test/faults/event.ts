/**
 * The events that the processes of a round write down, one line of JSON each. Times are ms of `monotonic()`. `id` is the end of a
 * token, `call` numbers the attempts of one worker, `worker` names one process.
 */
export type Event =
  /** The two clocks, once: `wall` is the time of day, in ms. `drift`: the clocks of the workers differ by up to this part. */
  | { what: "began"; at: number; wall: number; drift?: number }
  /** A worker begins to acquire. `queues`: it waits in the queue. */
  | { what: "calls"; at: number; worker: string; call: number; key: string; queues: boolean }
  /** It was granted the lock; `at` is a time at which it believed that it held it, unless `remaining` is 0. */
  | {
      what: "granted";
      at: number;
      worker: string;
      call: number;
      key: string;
      id: string;
      fence: number;
      remaining: number;
      /** How long the call may count on it, if nothing goes wrong. */
      ttl?: number;
    }
  /** It was not. */
  | { what: "refused"; at: number; worker: string; call: number; why: string }
  /** The first request of a token is sent. `waits`: in a queue. Only a simulation records it. */
  | { what: "asks"; at: number; worker: string; key: string; id: string; waits?: boolean }
  /** A request was answered: a lease (`ttl`) that the server may count from `sent` on, or a place in the queue. */
  | { what: "answered"; at: number; worker: string; id: string; reply: Reply; sent: number; ttl: number }
  /** A message hands a lock over, for `ttl`. `fence`: only a simulation records it. */
  | { what: "pushed"; at: number; worker: string; id: string; ttl: number; fence?: number }
  /**
   * Every few ms: the locks that look at `isHeld` and find it true, and the locks that only listen and had no signal of a loss.
   * `turned`: by a timer, so that the event loop turned since the last such look.
   */
  | {
      what: "looks";
      at: number;
      worker: string;
      turned: boolean;
      held: readonly string[];
      unwarned: readonly string[];
    }
  /** `how`: by its signal, or by a look. Only a simulation records it. */
  | { what: "lost"; at: number; worker: string; id: string; how?: "signal" | "look" }
  | { what: "releases"; at: number; worker: string; id: string }
  /** An answer of the store. */
  | { what: "wrote"; at: number; key: string; id: string; fence: number; state: number; taken: boolean }
  /** The process stood still from `from` to `at`, while it dealt with that token. */
  | { what: "stalled"; from: number; at: number; worker: string; id: string }
  /** The process is gone. */
  | { what: "killed"; at: number; worker: string }
  /** Something that must never happen. */
  | { what: "wrong"; at: number; why: string }
  /** The state of Redis at some time from `from` to `at`: whose token each key holds, and how many wait for it. */
  | {
      what: "seen";
      from: number;
      at: number;
      keys: Readonly<Record<string, { id: string | null; waiting: number }>>;
    }
  /** Redis lost data, on purpose: of all keys, or of one. */
  | { what: "forgot"; at: number; to: number; key?: string }
  | { what: "fault"; at: number; name: string }
  /** No more faults, and every worker has had an answer since. `patience`: how long a lease may last from then on. */
  | { what: "healed"; at: number; patience?: number }
  /** The keys that Redis still has when all workers are done and all leases over. */
  | { what: "left"; at: number; names: readonly string[] }
  | { what: "store"; at: number; key: string; state: number; log: readonly StoreEntry[] }
  | AtServer
  | AtProcess;

/** By its own request, as a waiter, by the holder; or it has the key already, and only its fence is new. */
export type Grant = "asked" | "handed" | "transferred" | "again";

/** What only a simulated server can say, for each command in the moment in which it is carried out. */
export type AtServer =
  /** A token was granted a key. `heard`: its process listens. */
  | {
      what: "minted";
      at: number;
      key: string;
      id: string;
      inbox: string;
      fence: number;
      how: Grant;
      heard: boolean;
    }
  /** A token is in the queue, as its request was answered; and so its process is alive. `asked`: the ticket it brought, or 0. */
  | { what: "enters"; at: number; key: string; id: string; inbox: string; ticket: number; asked: number }
  /** The holder was forced out. `heard`: its process listens. */
  | { what: "forced"; at: number; key: string; id: string; heard: boolean }
  /** A heartbeat: the waiters of this inbox are alive. */
  | { what: "lives"; at: number; key: string; inbox: string }
  /** A release took the token out of lock and queue. `dead`: it is refused for a minute. */
  | { what: "leaves"; at: number; key: string; id: string; dead: boolean }
  /** A waiter is in the queue no more, though it was neither granted nor released. */
  | { what: "dropped"; at: number; key: string; id: string }
  /** The server lost what it knew of waiters, or its clock was stepped: of all keys, or of one. */
  | { what: "strayed"; at: number; key?: string }
  /** A process believes that it holds a key which another token has, or none. */
  | { what: "doubted"; at: number; key: string; id: string; worker: string; other: string | undefined }
  /** A waiter is not in the queue, and nobody tells it. */
  | { what: "stranded"; at: number; key: string; id: string; worker: string }
  /** The holder of one key waits for another, whose holder waits for the first. */
  | { what: "deadlocked"; at: number; keys: readonly string[] };

export type Verb = "acquire" | "extend" | "release" | "heartbeat";

/** What only a simulated process can say, in the moment in which it happens. */
export type AtProcess =
  /**
   * It sends a command: about a token, or a heartbeat for a key (`id` is the key). `open`: how many such commands have no
   * reply yet. `since`: when the first of them was sent.
   */
  | { what: "sent"; at: number; worker: string; verb: Verb; id: string; open: number; since: number }
  /** A command has failed. `final`: to send it again is pointless. */
  | { what: "failed"; at: number; worker: string; verb: Verb | "transfer"; id: string; final: boolean }
  /** A message says that the token was forced out. */
  | { what: "ousted"; at: number; worker: string; id: string }
  /** A request was answered: the token has neither the lock nor a place in a queue. */
  | { what: "denied"; at: number; worker: string; id: string }
  /** Its release of a lock, called at `since`, was rejected: the lock was not its own. */
  | { what: "disowned"; at: number; worker: string; id: string; since: number }
  /** A job that runs once per period is over. `isKept`: its key is to stay taken until `per` ms after the grant. */
  | { what: "worked"; at: number; worker: string; key: string; id: string; per: number; isKept: boolean }
  /** Its listener is open. */
  | { what: "listens"; at: number; worker: string }
  /** The network has forgotten the connection of its listener: it stays open, and no message arrives. */
  | { what: "deafened"; at: number; worker: string };

/** `granted` and `extended` are leases of the ttl, `claimed` of the claim; `queued` is a place in the queue. */
export type Reply = "granted" | "extended" | "claimed" | "queued";

/** One write that the store took. */
export interface StoreEntry {
  readonly fence: number;
  readonly state: number;
  readonly id: string;
}
