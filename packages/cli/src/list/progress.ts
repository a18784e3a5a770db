import ansi from "ansi-escapes";
import { cut } from "../output/width";

/** A search that is shorter needs no progress. */
const PATIENCE = 2_000;
const INTERVAL = 200;

export interface Progress {
  keys(count: number): void;
  found(): void;
  /** Takes the line away. */
  end(): void;
}

/** Shows on standard error how far a search is, in one line that changes, if that is a terminal. */
export function showProgress(): Progress {
  const { stderr } = process;
  const start = performance.now();
  let keys = 0;
  let locks = 0;
  let isShown = false;
  const draw = () => {
    const seconds = (performance.now() - start) / 1_000;
    if (seconds * 1_000 < PATIENCE) return;
    const text = `distlock: ${seconds.toFixed(0)}s: ${keys} keys of locks so far, ${locks} to show (Ctrl-C prints them)`;
    isShown = true;
    stderr.write(`${ansi.cursorTo(0)}${cut(text, (stderr.columns || 80) - 1)}${ansi.eraseEndLine}`);
  };
  const timer = stderr.isTTY ? setInterval(draw, INTERVAL) : undefined;
  return {
    keys(count) {
      keys += count;
    },
    found() {
      locks++;
    },
    end() {
      clearInterval(timer);
      if (isShown) stderr.write(ansi.cursorTo(0) + ansi.eraseLine);
    },
  };
}
