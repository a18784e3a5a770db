import type { Interruption } from "../interrupted";
import type { Glob } from "../locks/glob";
import { colors } from "../output/colors";
import type { OutputOptions } from "../output/options";
import type { Change } from "./changes";
import { frame, type View } from "./frame";
import { keepLooking, type Look, type WatchOptions } from "./looks";
import { openScreen } from "./screen";

/** Between two frames: leases count down in between the looks. */
const FRAME = 250;
/** More changes than any terminal has lines. */
const REMEMBERED = 200;

/** A user who quits has no error. */
export class Quit extends Error {}

/** Draws the locks on the whole terminal until the user quits or a signal ends it: then it rejects with the reason. */
export async function watchOnScreen(
  glob: Glob,
  options: WatchOptions & OutputOptions & { readonly pattern: string },
  { signal, by }: Interruption,
): Promise<never> {
  const quitting = new AbortController();
  const paint = colors(options);
  let view: View = { pattern: options.pattern, look: undefined, changes: [], trouble: undefined };
  const screen = openScreen({
    onKey(key) {
      if (key === "q" || key === "Q") quitting.abort(new Quit());
      else if (key === "\u0003") by("SIGINT");
      // The whole job stops, as if the terminal had stopped it: a shell may wait for `npx`, which runs us.
      else if (key === "\u001a") process.kill(0, "SIGTSTP");
    },
    onResize: () => draw(),
    onGone: () => by("SIGHUP"),
  });
  const draw = () => {
    const { columns, rows } = screen;
    screen.draw(frame(view, { columns, rows, colors: paint, now: performance.now() }));
  };
  draw();
  const timer = setInterval(draw, FRAME);
  const watcher = {
    onLook(look: Look, changes: readonly Change[]) {
      const isFirst = view.look === undefined;
      const all = isFirst ? [] : [...[...changes].reverse(), ...view.changes].slice(0, REMEMBERED);
      view = { ...view, look, changes: all, trouble: undefined };
      draw();
    },
    onTrouble({ message }: Error) {
      view = { ...view, trouble: { message, since: view.trouble?.since ?? view.look?.at ?? performance.now() } };
      draw();
    },
  };
  try {
    return await keepLooking(glob, options, watcher, AbortSignal.any([signal, quitting.signal]));
  } finally {
    clearInterval(timer);
    screen.leave();
  }
}
