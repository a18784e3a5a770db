import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { toJson } from "../output/output";

/*
 * Messages while the command runs. The command has the same standard error, so `process.stderr` would do harm: it makes a pipe
 * non-blocking for the command too. A plain write would block this process while nobody reads the pipe, and the lease would end.
 */

const PAUSE = 50;

const isBusy = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "EAGAIN";

interface StandardError {
  readonly fd: number;
  readonly mayBlock: boolean;
}

/** A second opening of the same pipe or terminal, which alone does not block. A file never blocks, and a socket cannot be opened so. */
function openStandardError(): StandardError {
  try {
    const stat = fstatSync(2);
    if (stat.isFile()) return { fd: 2, mayBlock: false };
    if (stat.isFIFO() || stat.isCharacterDevice()) {
      const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
      return { fd: openSync("/dev/stderr", flags), mayBlock: false };
    }
  } catch {
    // Another user's pipe, or no standard error.
  }
  return { fd: 2, mayBlock: true };
}

/** Writes lines to standard error. */
export interface Messages {
  say(line: string): void;
  /** Whether a line may have to wait for the reader, and this process with it. It is so for sockets. */
  readonly mayBlock: boolean;
  /** Resolves when all is written, or after `ms`. */
  flushed(ms: number): Promise<void>;
}

/** With `isJson` each line is an object. */
export function createMessages(isJson: boolean): Messages {
  const { fd, mayBlock } = openStandardError();
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
    mayBlock,
    say(line) {
      const text = isJson ? toJson({ time: Date.now(), message: line }) : `distlock: ${line}`;
      waiting = Buffer.concat([waiting, Buffer.from(`${text}\n`)]);
      if (timer === undefined) write();
    },
    async flushed(ms) {
      for (let left = ms; left > 0 && waiting.length > 0; left -= PAUSE) await delay(PAUSE);
      if (fd !== 2) closeSync(fd);
    },
  };
}
