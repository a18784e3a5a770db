import { createAlarm } from "./alarm";
import { isFinal } from "../driver/backend-error";
import type { Driver, HeartbeatReply } from "../driver/driver";
import { now } from "../driver/lease";
import { HEARTBEAT } from "../driver/times";
import type { Queued, Waiter } from "./waiter";

/** The waiters of one key in this locker. */
export interface Line {
  readonly key: string;
  readonly waiters: Map<string, Waiter>;
  /** When its next heartbeat is due. */
  beatAt: number;
  /** When the holder's lease ends, if one of these waiters is the next: then it looks at once. */
  endsAt: number;
  /** When the first heartbeat was sent, and how many, since the last answer. */
  silentSince: number | undefined;
  silentBeats: number;
}

export interface Heartbeats {
  /** A request that was sent at `sent` put the waiter into the queue of this key, or found it there. */
  add(waiter: Waiter, key: string, sent: number, reply: Queued): void;
  delete(waiter: Waiter): void;
  /** Messages may have been lost: all lines are due. */
  checkAll(): void;
  /** Whether nobody waits. */
  readonly isEmpty: boolean;
  stop(): void;
}

/** What is due soon goes out with what is due, in ms: lines share commands. */
const SOON = HEARTBEAT / 20;
/** Between two parts of what is due at once, in ms: it may be many thousand lines. A part is small enough for the event loop, and
 * large enough that all are through in the time between two heartbeats. */
const PART_PAUSE = 20;
const SMALLEST_PART = 64;
const PARTS = HEARTBEAT / PART_PAUSE / 2;

/** How many waiters share a request: a client spreads its arguments, and the server looks at each. */
const TOKENS = 1_000;

/** After so many heartbeats without an answer the pauses grow, by this factor of the silence: an outage costs their memory once. */
const SILENT_BEATS = 3;
const GROWTH = 3;

/** A client that gave up waiting may still keep the request. */
const isTimeout = (error: unknown): boolean =>
  error instanceof Error && (error.name === "TimeoutError" || /\btimed out\b/.test(error.message));

/** Shows that the waiters of a locker are alive, and tells each how it stands. `found` is called when one was granted. */
export function createHeartbeats(driver: Driver, inbox: string, found: () => void): Heartbeats {
  const lines = new Map<string, Line>();
  const alarm = createAlarm(tick, true);

  function tick(): void {
    const time = now();
    const most = Math.max(SMALLEST_PART, lines.size / PARTS);
    let sent = 0;
    let next = Number.POSITIVE_INFINITY;
    for (const line of lines.values()) {
      const isDue = line.beatAt <= time + SOON || line.endsAt <= time;
      if (isDue && sent < most) {
        sent++;
        beat(line, time);
      }
      next = Math.min(next, line.beatAt, line.endsAt);
    }
    alarm.by(sent < most ? next : Math.max(next, time + PART_PAUSE));
  }

  function beat(line: Line, sent: number): void {
    line.endsAt = Number.POSITIVE_INFINITY;
    line.silentSince ??= sent;
    line.silentBeats++;
    // Left to chance in part, so that the lines of many processes do not come together.
    const pause = HEARTBEAT * (0.95 + Math.random() / 10);
    const isMute = line.silentBeats >= SILENT_BEATS;
    line.beatAt = sent + (isMute ? Math.max(pause, GROWTH * (sent - line.silentSince)) : pause);
    const asked = [...line.waiters.values()];
    for (let from = 0; from < asked.length; from += TOKENS) ask(line, sent, asked.slice(from, from + TOKENS));
  }

  function ask(line: Line, sent: number, asked: readonly Waiter[]): void {
    const tokens = asked.map(({ token }) => token);
    driver.heartbeat({ key: line.key, inbox, tokens }).then(
      (reply) => {
        answered(line);
        heard(line, sent, asked, reply);
      },
      (error) => {
        if (!isTimeout(error)) beatBy(line, now() + HEARTBEAT);
        if (isFinal(error)) for (const waiter of asked) if (line.waiters.has(waiter.token)) waiter.failed(error);
      },
    );
  }

  function answered(line: Line): void {
    line.silentSince = undefined;
    line.silentBeats = 0;
    beatBy(line, now() + HEARTBEAT);
  }

  function beatBy(line: Line, time: number): void {
    line.beatAt = Math.min(line.beatAt, time);
    if (lines.get(line.key) === line) alarm.by(line.beatAt);
  }

  /** A holder that died releases nothing. */
  function expectEnd(line: Line, remaining: number): void {
    line.endsAt = Math.min(line.endsAt, now() + Math.max(remaining, 0) + 1);
    if (lines.get(line.key) === line) alarm.by(line.endsAt);
  }

  function heard(line: Line, sent: number, asked: readonly Waiter[], reply: HeartbeatReply): void {
    const { states, fence, floor, head, remaining } = reply;
    if (head) expectEnd(line, remaining);
    asked.forEach((waiter, i) => {
      if (!line.waiters.has(waiter.token)) return;
      if (states[i] === "queued") waiter.heard(sent, floor);
      else if (states[i] === "missing") waiter.missing();
      else {
        found();
        waiter.found(sent, fence);
      }
    });
  }

  return {
    add(waiter, key, sent, reply) {
      waiter.answered(sent, reply);
      let line = lines.get(key);
      if (line === undefined) {
        line = {
          key,
          waiters: new Map(),
          beatAt: Number.POSITIVE_INFINITY,
          endsAt: Number.POSITIVE_INFINITY,
          silentSince: undefined,
          silentBeats: 0,
        };
        lines.set(key, line);
      }
      line.waiters.set(waiter.token, waiter);
      answered(line);
      waiter.line = line;
      if (reply.head) expectEnd(line, reply.remaining);
    },

    delete({ token, line }) {
      line?.waiters.delete(token);
      if (line?.waiters.size !== 0) return;
      lines.delete(line.key);
      if (lines.size === 0) alarm.off();
    },

    checkAll() {
      for (const line of lines.values()) line.beatAt = 0;
      if (lines.size > 0) tick();
    },

    get isEmpty() {
      return lines.size === 0;
    },

    stop: alarm.off,
  };
}
