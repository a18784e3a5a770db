import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/*
 * Messages while the command runs. The command has the same standard error, so `process.stderr` would do harm: it makes a pipe
 * non-blocking for the command too. A plain write would block this process while nobody reads the pipe, and the lease would end.
 */

const PAUSE = 50;

const isBusy = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "EAGAIN";

/** A second opening of the same pipe or terminal, which alone does not block. Files and sockets cannot be opened so. */
function openStandardError(): number {
  try {
    const stat = fstatSync(2);
    if (stat.isFIFO() || stat.isCharacterDevice())
      return openSync("/dev/stderr", constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // Another user's pipe, or no standard error.
  }
  return 2;
}

/** Writes lines to standard error, and never waits for its reader. */
export interface Messages {
  say(line: string): void;
  /** Resolves when all is written, or after `ms`. */
  flushed(ms: number): Promise<void>;
}

export function createMessages(): Messages {
  const fd = openStandardError();
  let waiting = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;

  function write(): void {
    timer = undefined;
    try {
      while (waiting.length > 0) waiting = waiting.subarray(writeSync(fd, waiting));
    } catch (error) {
      if (isBusy(error)) timer = setTimeout(write, PAUSE).unref();
      else waiting = Buffer.alloc(0); // nobody reads it any more
    }
  }

  return {
    say(line) {
      waiting = Buffer.concat([waiting, Buffer.from(`distlock: ${line}\n`)]);
      if (timer === undefined) write();
    },
    async flushed(ms) {
      for (let left = ms; left > 0 && waiting.length > 0; left -= PAUSE) await delay(PAUSE);
      if (fd !== 2) closeSync(fd);
    },
  };
}
