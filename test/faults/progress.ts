import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  /** Something happens, at a time of the whole that is given as a part of 1. */
  step(part: number, what: string): void;
  /** A round is over. */
  line(text: string): void;
  stop(): void;
}

/** A bar on a terminal; only the lines elsewhere. */
export function showProgress(): Progress {
  if (!process.stdout.isTTY) return { step() {}, line: (text) => console.log(text), stop() {} };
  const format = "{bar} {percentage} %  {what}";
  const bar = new SingleBar(
    { format, hideCursor: true, clearOnComplete: true, stream: process.stdout },
    Presets.shades_classic,
  );
  bar.start(1_000, 0, { what: "" });
  return {
    step: (part, what) => bar.update(Math.min(1_000, Math.round(1_000 * part)), { what }),
    line(text) {
      process.stdout.write(`\r\x1b[K${text}\n`);
    },
    stop: () => bar.stop(),
  };
}
