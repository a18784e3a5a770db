import { setTimeout as sleep } from "node:timers/promises";
import type { Library } from "../library";
import { monotonic } from "./clock";
import type { History } from "./history";
import type { Keys } from "./keys";
import { turnRecorder } from "./recorder";
import type { Servers } from "./servers";
import { startPlayer } from "./start-player";
import { fencedStore } from "./store";

const WORKERS = ["worker-1", "worker-2", "worker-3", "worker-4"];

/** From the beginning to the kill, from the recovery until keepers may release their locks, and from there to the end; ms. */
const PROLOGUE = 2_000;
const AFTERMATH = 1_000;
const EPILOGUE = 1_200;
/** Longest time in which clients should get over a failover, and in which all waiters should be granted in the end; ms. */
const PATIENCE = 30_000;

export interface PlayRequest<Address> {
  readonly library: Library;
  readonly servers: Servers<Address>;
  readonly keys: Keys;
  /** The worker's program. */
  readonly worker: URL;
  /** On the caller's own servers: how long to play, in s. */
  readonly seconds: number;
  /** Ends the play early: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Called with each event, when it happens. */
  readonly announce: (what: string, at?: number) => void;
}

/** Has the workers play, and kills the primary in the middle if it is ours. No process is left behind. */
export async function play<Address>(request: PlayRequest<Address>): Promise<History> {
  const { library, servers, keys, signal, announce } = request;
  signal.throwIfAborted();
  const [recorder, store] = [turnRecorder(), fencedStore()];
  const players = WORKERS.map((worker) =>
    startPlayer(request.worker, { worker, library, address: servers.address, keys }, recorder, store),
  );
  const tell = (say: "play" | "ease" | "finish") => {
    for (const player of players) player.tell({ say });
  };
  const pause = (ms: number) => sleep(ms, undefined, { signal });

  async function until(seen: () => boolean): Promise<void> {
    const latest = monotonic() + PATIENCE;
    while (!seen() && monotonic() < latest) await pause(10);
  }

  /** Kills the primary and waits until a lock that it had is granted by the new one. */
  async function failOver(began: number): Promise<NonNullable<History["failover"]>> {
    await pause(PROLOGUE);
    const { killed, replaced } = await servers.killPrimaryOf!(keys.orders!);
    const at = monotonic();
    announce(`kill -9 of the primary, ${killed}`, at - began);
    const next = await replaced;
    const agreed = monotonic();
    announce(`the new primary is ${next}`, agreed - began);
    // No turn of the dead primary can begin long after it is gone.
    const first = () =>
      recorder.turns.find(({ lock, granted }) => lock === "orders" && granted !== undefined && granted > at + 500);
    await until(() => first() !== undefined);
    const recovered = first()?.granted ?? Number.POSITIVE_INFINITY;
    announce(`"orders" is granted again`, recovered - began);
    return { killed: at, replaced: agreed, recovered };
  }

  async function perform(): Promise<History> {
    await Promise.all(players.map(({ ready }) => ready));
    const began = monotonic();
    tell("play");
    let failover: History["failover"];
    if (servers.killPrimaryOf) {
      failover = await failOver(began);
      await pause(AFTERMATH);
      tell("ease");
      await pause(EPILOGUE);
    } else {
      announce(`fail the primary over yourself now: ${servers.advice}`, 0);
      await pause(request.seconds * 600);
      tell("ease");
      await pause(request.seconds * 400);
    }
    tell("finish");
    let finished = 0;
    for (const player of players)
      player.finished.then(
        () => finished++,
        () => {},
      );
    await until(() => finished === players.length);
    return {
      library,
      workers: WORKERS,
      began,
      ended: monotonic(),
      turns: recorder.turns,
      ...(failover && { failover }),
    };
  }

  /** A worker that fails ends the play. */
  const broken = Promise.all(players.map(({ finished }) => finished)).then(() => new Promise<never>(() => {}));
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const performing = perform();
  performing.catch(() => {});
  try {
    return await Promise.race([performing, broken, stopped]);
  } finally {
    await Promise.all(players.map((player) => player.stop()));
  }
}
