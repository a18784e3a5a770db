import { startWorker } from "./worker";

/** The orders to a process that waits, and its reports. */
export type Order =
  | { do: "acquire"; id: number; key: string; ttl: number; hold: boolean }
  | { do: "release"; id: number }
  | { do: "stall"; ms: number }
  | { do: "end" };
export type Told =
  | { ready: true }
  | { granted: number; fence: number; remaining: number }
  | { failed: number; why: string }
  | { released: number }
  | { stalling: true }
  | { awake: true };
export type Granted = Extract<Told, { granted: number }>;

export interface WaitingWorker {
  acquire(id: number, key: string, how?: { ttl?: number; hold?: boolean }): void;
  release(id: number): Promise<void>;
  /** Its next grants. */
  granted(count: number): Promise<Granted[]>;
  next(): Promise<Told>;
  /** Blocks its event loop; resolves when that begins. */
  stall(ms: number): Promise<void>;
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  end(): Promise<void>;
}

/** A process of its own that waits for locks with one client and one locker. */
export async function startWaiting(client: string, url: string): Promise<WaitingWorker> {
  const worker = startWorker("wait", client, url);
  const send = (order: Order) => void worker.process.send(order);
  const next = () => worker.next<Told>();
  async function expect<K extends string>(what: K): Promise<Extract<Told, Record<K, unknown>>> {
    const told = await next();
    if (!(what in told)) throw new Error(`expected ${what}, got ${JSON.stringify(told)}`);
    return told as Extract<Told, Record<K, unknown>>;
  }
  await expect("ready");
  return {
    acquire: (id, key, { ttl = 30_000, hold = false } = {}) => send({ do: "acquire", id, key, ttl, hold }),
    async release(id) {
      send({ do: "release", id });
      await expect("released");
    },
    async granted(count) {
      const grants: Granted[] = [];
      while (grants.length < count) grants.push(await expect("granted"));
      return grants;
    },
    next,
    async stall(ms) {
      send({ do: "stall", ms });
      await expect("stalling");
    },
    signal: worker.signal,
    async end() {
      send({ do: "end" });
      const code = await worker.ended;
      if (code !== 0) throw new Error(`a waiting process ended with ${code}`);
    },
  };
}
