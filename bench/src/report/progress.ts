import { Presets, SingleBar } from "cli-progress";
import type { Bench } from "../measure/bench";

const describe = (name: string) => name.padEnd(8);

/** A bar on a terminal, a line per tenth elsewhere. Stops by itself at the last step. */
export const showProgress: Bench["progress"] = (name, steps) => {
  let done = 0;
  if (!process.stdout.isTTY) {
    return () => {
      const tenth = Math.floor((10 * done) / steps);
      done++;
      if (Math.floor((10 * done) / steps) > tenth) console.log(`${describe(name)} ${done} of ${steps} runs`);
    };
  }
  const format = `${describe(name)} {bar} {value}/{total} runs  {eta_formatted} left  {current}`;
  const bar = new SingleBar({ format, hideCursor: true, stream: process.stdout }, Presets.shades_classic);
  bar.start(steps, 0, { current: "" });
  return (current) => {
    bar.increment({ current });
    if (++done === steps) bar.stop();
  };
};
