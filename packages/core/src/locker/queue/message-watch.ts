// Tested by test/waiting/deaf-listener.test.ts
import { now } from "../../driver/lease";
import { turn } from "../../driver/with-timeout";

/** Notices that a listener is deaf: its connection is open, but no message comes. */
interface MessageWatch {
  /** A message came. */
  received(): void;
  /** A heartbeat found a grant: its message is late, lost, or can't be received. */
  foundGrant(): void;
  /** A new listener is open. */
  restart(): void;
}

interface MessageWatchEvents {
  /** The listener is deaf. Called once until a message comes. */
  deaf(): void;
  /** A new listener may help. Called again and again while none does, at growing intervals. */
  replace(): void;
}

/** A message that is so late, in ms, was not just overtaken by the reply to a heartbeat. */
export const OVERDUE = 500;
/** A listener that missed so many messages, and received none, is deaf. */
const DEAF = 2;
/** Between two replacements of a listener that stays deaf, in ms. */
const FIRST_REPLACEMENT = 1_000;
const LONGEST_REPLACEMENT = 60_000;

export function createMessageWatch({ deaf, replace }: MessageWatchEvents): MessageWatch {
  /** How many messages were missed since the last one that came, and since when. */
  let missed = 0;
  let missedSince = 0;
  let isReported = false;
  let replaceAt = 0;
  let pause = FIRST_REPLACEMENT;

  function onDeaf(): void {
    if (!isReported) deaf();
    isReported = true;
    missed = 0;
    if (now() < replaceAt) return;
    replaceAt = now() + pause;
    pause = Math.min(pause * 2, LONGEST_REPLACEMENT);
    replace();
  }

  return {
    received() {
      missed = 0;
      isReported = false;
      pause = FIRST_REPLACEMENT;
    },

    async foundGrant() {
      const isOverdue = missed > 0 && now() - missedSince > OVERDUE;
      if (missed++ === 0) missedSince = now();
      if (!isOverdue) return;
      // After a stall of the event loop, messages may have arrived that are not read yet. One turn reads them; a client may take
      // another one to pass them on.
      await turn();
      await turn();
      if (missed >= DEAF) onDeaf();
    },

    restart() {
      missed = 0;
    },
  };
}
