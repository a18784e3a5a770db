import { isLasting } from "../../driver/backend-error";
import type { DriverQueue, HeartbeatReply } from "../../driver/driver-queue";
import { now } from "../../driver/lease";
import { HEARTBEAT } from "../../driver/times";
import { createAlarm } from "../alarm";
import { beatSent, createLine, isSilent, type Line, LONGEST_INTERVAL, silenceEnded } from "./line";
import type { Queued, Waiter } from "./waiter";

interface Heartbeats {
  /** A request that was sent at `sent` put the waiter into the queue of this key, or found it there. */
  add(waiter: Waiter, key: string, sent: number, reply: Queued): void;
  delete(waiter: Waiter): void;
  /** Messages may have been lost: all lines are due. */
  checkAll(): void;
  /** Whether the locker has no waiter. */
  readonly isEmpty: boolean;
  stop(): void;
}

/** A line that is due so soon is sent with the lines that are due now, in ms: lines share commands. */
export const SOON = HEARTBEAT / 20;
/**
 * The pause between two parts of the lines that are due at once, in ms: there may be many thousands. A part is small
 * enough for the event loop, and large enough that all are sent in the time between two heartbeats.
 */
export const PART_PAUSE = 20;
const SMALLEST_PART = 64;
export const PARTS = HEARTBEAT / PART_PAUSE / 2;

/** While lines are silent, one of them asks so often, in ms, whether the server answers again. */
export const PROBE = 5_000;

/** How many waiters share a request: a client spreads its arguments, and the server looks at each. */
const TOKENS = 1_000;

/** A client that gave up waiting may still keep the request. */
const isTimeout = (error: unknown): boolean =>
  error instanceof Error && (error.name === "TimeoutError" || /\btimed out\b/.test(error.message));

/**
 * Shows the server that the waiters of a locker are alive, and passes each waiter its part of the replies. `foundGrant`
 * is called when a reply says that a waiter has the lock.
 */
export function createHeartbeats(queue: DriverQueue, inbox: string, foundGrant: () => void): Heartbeats {
  const lines = new Map<string, Line>();
  const alarm = createAlarm(tick, true);
  let probeAt = 0;

  function tick(): void {
    const time = now();
    const most = Math.max(SMALLEST_PART, lines.size / PARTS);
    let sent = 0;
    let next = Infinity;
    for (const line of lines.values()) {
      const isDue = line.beatAt <= time + SOON || line.endsAt <= time;
      if (isDue && sent < most) {
        sent++;
        beat(line, time);
      }
      next = Math.min(next, line.beatAt, line.endsAt);
    }
    if (time >= probeAt) probe(time);
    next = Math.min(next, probeAt);
    alarm.by(sent < most ? next : Math.max(next, time + PART_PAUSE));
  }

  function beat(line: Line, sent: number): void {
    beatSent(line, sent);
    const waiters = [...line.waiters.values()];
    for (let from = 0; from < waiters.length; from += TOKENS) send(line, sent, waiters.slice(from, from + TOKENS));
  }

  /**
   * A client that times its commands out drops the replies of a server that was away. So the silent line that sent nothing
   * for the longest time sends a heartbeat that can be answered in time. One waiter is enough for it.
   */
  function probe(time: number): void {
    probeAt = time + PROBE;
    let line: Line | undefined;
    for (const each of lines.values()) if (isSilent(each) && each.sentAt < (line?.sentAt ?? time)) line = each;
    if (line === undefined) return;
    line.sentAt = time;
    send(line, time, [...line.waiters.values()].slice(0, 1));
  }

  function send(line: Line, sent: number, waiters: readonly Waiter[]): void {
    const tokens = waiters.map(({ token }) => token);
    queue.heartbeat({ key: line.key, inbox, tokens }).then(
      (reply) => {
        replied(line);
        tell(line, sent, waiters, reply);
      },
      (error) => {
        if (!isTimeout(error)) beatBy(line, now() + LONGEST_INTERVAL);
        if (isLasting(error)) for (const waiter of waiters) if (line.waiters.has(waiter.token)) waiter.failed(error);
      },
    );
  }

  function replied(line: Line): void {
    const wasSilent = isSilent(line);
    silenceEnded(line);
    beatBy(line, now() + LONGEST_INTERVAL);
    if (wasSilent) endSilence();
  }

  /** Those whose server is still away are silent again after some more heartbeats. */
  function endSilence(): void {
    for (const line of lines.values()) {
      if (!isSilent(line)) continue;
      line.silentBeats = 0;
      beatBy(line, 0);
    }
  }

  function beatBy(line: Line, time: number): void {
    line.beatAt = Math.min(line.beatAt, time);
    if (lines.get(line.key) === line) alarm.by(line.beatAt);
  }

  /** A holder that died releases nothing, so the first waiter looks when its lease ends. */
  function expectEnd(line: Line, remaining: number): void {
    line.endsAt = Math.min(line.endsAt, now() + Math.max(remaining, 0) + 1);
    if (lines.get(line.key) === line) alarm.by(line.endsAt);
  }

  function tell(line: Line, sent: number, waiters: readonly Waiter[], reply: HeartbeatReply): void {
    const { states, fence, floor, head, remaining, holder, age, ahead } = reply;
    const at = now();
    if (head) expectEnd(line, remaining);
    waiters.forEach((waiter, i) => {
      if (!line.waiters.has(waiter.token)) return;
      if (states[i] === "queued") {
        waiter.foundQueued(sent, floor);
        waiter.seen = { contention: { holder, age, ahead: ahead?.[i] }, at };
      } else if (states[i] === "missing") waiter.foundMissing();
      else {
        foundGrant();
        waiter.foundGranted(sent, fence);
      }
    });
  }

  return {
    add(waiter, key, sent, reply) {
      waiter.enqueued(sent, reply);
      const line = lines.get(key) ?? createLine(key, now());
      lines.set(key, line);
      line.waiters.set(waiter.token, waiter);
      replied(line);
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
