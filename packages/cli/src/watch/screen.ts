import ansi from "ansi-escapes";

/** Lines that are too long for the terminal are cut by it, too, whatever it thinks of the width of a character. */
const wrapOff = "\u001b[?7l";
const wrapOn = "\u001b[?7h";

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  draw(lines: readonly string[]): void;
  /** Restores the terminal. */
  leave(): void;
}

export interface ScreenEvents {
  onKey(key: string): void;
  /** The size has changed, or the terminal is ours again: draw. */
  onResize(): void;
  /** The terminal is gone. */
  onGone(): void;
}

/** After this time without a stop, the system has ignored the request: no shell is there to continue us. */
const STOPPED_BY = 200;

/** Takes the whole terminal. It is restored when the program exits, in whatever way, and while it is stopped. */
export function openScreen({ onKey, onResize, onGone }: ScreenEvents): Screen {
  const { stdin, stdout } = process;
  let isOurs = false;

  function enter(): void {
    if (isOurs) return;
    isOurs = true;
    if (stdin.isTTY) stdin.setRawMode(true);
    stdout.write(ansi.enterAlternativeScreen + ansi.cursorHide + wrapOff + ansi.clearViewport);
  }
  function leave(): void {
    if (!isOurs) return;
    isOurs = false;
    stdout.write(wrapOn + ansi.cursorShow + ansi.exitAlternativeScreen);
    if (stdin.isTTY) stdin.setRawMode(false);
  }
  function resume(): void {
    leave();
    enter();
    onResize();
  }
  function suspend(): void {
    leave();
    process.off("SIGTSTP", suspend);
    process.kill(process.pid, "SIGTSTP");
    setTimeout(() => {
      process.on("SIGTSTP", suspend);
      if (!isOurs) resume();
    }, STOPPED_BY);
  }

  process.on("exit", leave);
  process.on("SIGTSTP", suspend);
  process.on("SIGCONT", resume);
  stdout.on("resize", onResize);
  stdout.on("error", onGone);
  if (stdin.isTTY) {
    stdin.setEncoding("utf8").on("data", (keys: string) => {
      for (const key of keys) onKey(key);
    });
    stdin.on("end", onGone).on("error", onGone);
  }
  enter();

  return {
    get columns() {
      return stdout.columns || 80;
    },
    get rows() {
      return stdout.rows || 24;
    },
    draw(lines) {
      if (!isOurs) return;
      // Erased first: behind a line that fills the terminal, the cursor is still on its last character.
      const text = lines.map((line) => ansi.eraseLine + line).join("\r\n");
      stdout.write(ansi.cursorTo(0, 0) + text + ansi.eraseDown);
    },
    leave,
  };
}
