import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import width from "string-width";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const execute = promisify(execFile);

export interface WindowOptions {
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A real terminal with a shell in it, in which `distlock` is the built program. */
export interface Window {
  /** Types a line and enters it. */
  enter(line: string): Promise<void>;
  /** Presses keys by their names in tmux, such as `q` or `C-z`. */
  press(...keys: readonly string[]): Promise<void>;
  /** The lines that it shows. One that the terminal had to wrap is one line, which is wider than the terminal. */
  lines(): Promise<readonly string[]>;
  /** Resolves with the lines when they are as they should be. The test's own timeout is the bound. */
  until(check: (lines: readonly string[]) => boolean): Promise<readonly string[]>;
  /** What tmux knows of it, such as `#{alternate_on}`. */
  ask(format: string): Promise<string>;
  /** The lines with their colours. */
  colored(): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a terminal of this size. */
export async function openWindow({ columns, rows, env = {} }: WindowOptions): Promise<Window> {
  const folder = await mkdtemp(join(tmpdir(), "distlock-tmux-"));
  const { NO_COLOR: _, TMUX: __, ...inherited } = process.env;
  const tmux = async (...args: readonly string[]): Promise<string> => {
    const all = ["-u", "-f", "/dev/null", "-S", join(folder, "socket"), ...args];
    const { stdout } = await execute("tmux", all, { env: { ...inherited, ...env, PS1: "$ " } });
    return stdout;
  };
  const size = (x: number, y: number) => ["-x", String(x), "-y", String(y)];
  await tmux("new-session", "-d", ...size(columns, rows), "bash", "--norc", "--noprofile", "-i");

  const lines = async () => (await tmux("capture-pane", "-p", "-J")).split("\n").map((line) => line.trimEnd());
  const window: Window = {
    enter: async (line) => {
      await tmux("send-keys", "-l", line);
      await tmux("send-keys", "Enter");
    },
    press: async (...keys) => void (await tmux("send-keys", ...keys)),
    lines,
    async until(check) {
      for (;;) {
        const now = await lines();
        if (check(now)) return now;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    ask: async (format) => (await tmux("display-message", "-p", format)).trim(),
    colored: () => tmux("capture-pane", "-p", "-e"),
    resize: async (x, y) => void (await tmux("resize-window", ...size(x, y))),
    async close() {
      await tmux("kill-server").catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
  await window.enter(`distlock() { "${process.execPath}" "${main}" "$@"; }; clear`);
  await window.until((shown) => shown.filter((line) => line !== "").join() === "$");
  return window;
}

/** The widest of some lines, in columns. */
export const widest = (lines: readonly string[]): number => Math.max(...lines.map((line) => width(line)));
