import type { CallEvent } from "./message";

/** One call of `withLock`. Times are ms of `monotonic()`; an event that has not happened is absent. */
export interface Turn {
  readonly worker: string;
  readonly lock: string;
  readonly asked: number;
  granted?: number;
  fence?: number;
  /** The work was over. */
  ended?: number;
  /** The holder learned that it has lost the lock. */
  lost?: number;
  settled?: number;
  /** Code of the error with which the call rejected. */
  error?: string;
  /** Writes that the store took, and that it refused. */
  taken: number;
  refused: number;
}

/** Makes turns of the workers' messages. */
export interface Recorder {
  readonly turns: readonly Turn[];
  record(worker: string, event: CallEvent): void;
  recordWrite(worker: string, call: number, taken: boolean): void;
}

export function turnRecorder(): Recorder {
  const turns = new Map<string, Turn>();
  const turnOf = (worker: string, call: number): Turn => turns.get(`${worker} ${call}`)!;

  function record(worker: string, event: CallEvent): void {
    const { lock, call, at } = event;
    if (event.say === "asks") {
      turns.set(`${worker} ${call}`, { worker, lock, asked: at, taken: 0, refused: 0 });
      return;
    }
    const turn = turnOf(worker, call);
    if (event.say === "holds") Object.assign(turn, { granted: at, fence: event.fence });
    else if (event.say === "lost") turn.lost ??= at;
    else if (event.say === "ends") turn.ended = at;
    else {
      turn.settled = at;
      if (event.error !== undefined) turn.error = event.error;
      // Only the release found the loss.
      if (event.error === "LOCK_LOST" && turn.granted !== undefined) turn.lost ??= at;
    }
  }

  return {
    get turns() {
      return [...turns.values()];
    },
    record,
    recordWrite(worker, call, taken) {
      turnOf(worker, call)[taken ? "taken" : "refused"]++;
    },
  };
}
