// Tested by packages/core/test/heartbeats.test.ts
import { clock } from "../../driver/clock";
import { HEARTBEAT } from "../../driver/times";
import type { Waiter } from "./waiter";

/** The waiters of one key in this locker, and when to send their heartbeats. */
export interface Line {
  readonly key: string;
  readonly waiters: Map<string, Waiter>;
  /** When its next heartbeat is due. */
  beatAt: number;
  /** When the holder's lease ends, if one of these waiters is the next: a heartbeat is due then too. */
  endsAt: number;
  /** When the last heartbeat was sent. */
  sentAt: number;
  /** When the first heartbeat was sent, and how many were, since the last reply. */
  silentSince: number | undefined;
  silentBeats: number;
}

/**
 * The shortest and the longest pause between two heartbeats of a line, in ms. Each pause is jittered between them, so that
 * the lines of many processes do not come together.
 */
export const SHORTEST_INTERVAL = 0.95 * HEARTBEAT;
export const LONGEST_INTERVAL = 1.05 * HEARTBEAT;

/**
 * After so many heartbeats without a reply the pauses grow, by this factor of the silence: clients keep requests that
 * were not answered.
 */
export const SILENT_BEATS = 3;
export const GROWTH = 3;

const jitteredInterval = (): number => SHORTEST_INTERVAL + clock.random() * (LONGEST_INTERVAL - SHORTEST_INTERVAL);

/** A line without waiters. Its first heartbeat is due one pause after `time`. */
export const createLine = (key: string, time: number): Line => ({
  key,
  waiters: new Map(),
  beatAt: time + jitteredInterval(),
  endsAt: Infinity,
  sentAt: 0,
  silentSince: undefined,
  silentBeats: 0,
});

/** Whether the last heartbeats of the line have no reply. */
export const isSilent = (line: Line): boolean => line.silentBeats >= SILENT_BEATS;

/** A heartbeat of the line is sent: sets when the next one is due. */
export function beatSent(line: Line, sent: number): void {
  line.endsAt = Infinity;
  line.sentAt = sent;
  line.silentSince ??= sent;
  line.silentBeats++;
  const pause = jitteredInterval();
  line.beatAt = sent + (isSilent(line) ? Math.max(pause, GROWTH * (sent - line.silentSince)) : pause);
}

/** The server replied to a request or a heartbeat of the line. */
export function silenceEnded(line: Line): void {
  line.silentSince = undefined;
  line.silentBeats = 0;
}
