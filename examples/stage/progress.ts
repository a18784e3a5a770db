import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  step(): void;
  stop(): void;
}

function bar(name: string, total: number): Progress {
  const format = `${name.padEnd(17)} {bar} {value}/{total} turns`;
  const single = new SingleBar({ format, hideCursor: true, stream: process.stdout }, Presets.shades_classic);
  single.start(total, 0);
  return { step: () => single.increment(), stop: () => single.stop() };
}

function lines(name: string, total: number): Progress {
  let done = 0;
  return {
    step() {
      const quarter = Math.floor((4 * done) / total);
      done++;
      if (Math.floor((4 * done) / total) > quarter) console.log(`${name}: ${done} of ${total} turns written`);
    },
    stop() {},
  };
}

/** A bar on a terminal, a line per quarter elsewhere. */
export const showProgress = (name: string, total: number): Progress =>
  process.stdout.isTTY ? bar(name, total) : lines(name, total);
