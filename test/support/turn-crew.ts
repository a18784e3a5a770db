import { startWorker } from "./worker";

/** The job of a worker: the turns `from` ≤ n < `to`. */
export interface Post {
  /** A patient client repeats commands without an answer, however long an outage takes. */
  readonly client: "ioredis" | "node-redis" | "patient ioredis" | "patient node-redis";
  readonly url: string;
  readonly session: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** The ttl of its locks, in ms. */
  readonly ttl: number;
  /** For how long its turns keep the conversation, in ms, `null` without end: a hundred turns each, then from the first again. */
  readonly keep?: readonly (number | null)[];
  /** How long it rests between two turns, in ms. */
  readonly rest?: number;
}

/** Where to hold: before it asks for the next turn, or within, once it has loaded or saved. */
export type Place = "idle" | "loaded" | "saved";

export type Order = Place | "go";

export type Report =
  | { readonly done: number }
  | { readonly held: Place; readonly turn: number }
  | { readonly refused: { readonly turn: number; readonly applied: boolean; readonly byStore: boolean } }
  | { readonly failed: { readonly turn: number; readonly why: string } }
  | { readonly warning: string }
  | { readonly broken: string };

/** The report of a kind. */
export type Told<K extends string> = Extract<Report, Readonly<Record<K, unknown>>>;

type Kind = "done" | "held" | "refused" | "failed" | "warning";

/** An instance of an agent, as a process of its own. */
export interface Instance {
  /** All reports of it, and of its predecessors of the same name. */
  readonly reports: readonly Report[];
  /** Resolves with the turn before or in which it holds there, at the next occasion. */
  hold(at: Place): Promise<number>;
  /** Goes on from where it holds. */
  go(): void;
  /** The next report of a kind, of those that come from now on. Rejects if the process ends before. */
  next<K extends Kind>(kind: K): Promise<Told<K>>;
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** Another process that goes on, after one that was killed, with the Redis at this address. */
  goOn(from: number, url: string): void;
  readonly ended: Promise<number | string>;
}

export function startInstance(post: Post): Instance {
  const reports: Report[] = [];
  const listeners = new Set<(report: Report | undefined) => void>();
  const start = (more: Partial<Post>) => {
    const worker = startWorker("turns", JSON.stringify({ ...post, ...more }));
    worker.process.on("message", (report: Report) => {
      reports.push(report);
      for (const listener of listeners) listener(report);
    });
    void worker.ended.then(() => {
      for (const listener of listeners) listener(undefined);
    });
    return worker;
  };
  let worker = start({});
  const order = (what: Order) => void worker.process.send(what);
  const next = <K extends Kind>(kind: K): Promise<Told<K>> =>
    new Promise((resolve, reject) => {
      const listener = (report: Report | undefined) => {
        if (report !== undefined && !(kind in report)) return;
        listeners.delete(listener);
        if (report === undefined) reject(new Error(`${post.name} ended`));
        else resolve(report as Told<K>);
      };
      listeners.add(listener);
    });

  return {
    reports,
    async hold(at) {
      const held = next("held");
      order(at);
      return (await held).turn;
    },
    go: () => order("go"),
    next,
    signal: (name) => worker.signal(name),
    goOn(from, url) {
      worker = start({ from, url });
    },
    get ended() {
      return worker.ended;
    },
  };
}
