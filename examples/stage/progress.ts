import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  step(): void;
  stop(): void;
}

function bar(name: string, total: number, what: string): Progress {
  const format = `${name.padEnd(17)} {bar} {value}/{total} ${what}`;
  const single = new SingleBar({ format, hideCursor: true, stream: process.stdout }, Presets.shades_classic);
  single.start(total, 0);
  return { step: () => single.increment(), stop: () => single.stop() };
}

function lines(name: string, total: number, what: string): Progress {
  let done = 0;
  return {
    step() {
      const quarter = Math.floor((4 * done) / total);
      done++;
      if (Math.floor((4 * done) / total) > quarter) console.log(`${name}: ${done} of ${total} ${what}`);
    },
    stop() {},
  };
}

/** A bar on a terminal, a line per quarter elsewhere. */
export const showProgress = (name: string, total: number, what = "turns written"): Progress =>
  process.stdout.isTTY ? bar(name, total, what) : lines(name, total, what);
