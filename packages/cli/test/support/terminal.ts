import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach } from "vitest";
import { until } from "../../../../test/support/until";

const run = promisify(execFile);
const ensureTmux = fileURLToPath(new URL("../../../../scripts/ensure-tmux.mjs", import.meta.url));
const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** A real terminal with a shell in it, which a test types in and looks at. */
export interface Terminal {
  /** Types a text, and Enter. */
  type(line: string): Promise<void>;
  /** Presses keys, by their names in tmux: `"C-c"`, `"Escape"`, `"Enter"`, or a character. */
  press(...keys: string[]): Promise<void>;
  screen(): Promise<string>;
  /** Resolves with the screen when it shows such a text. */
  shows(text: RegExp): Promise<string>;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly lines?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const open = new Set<string>();

async function kill(socket: string): Promise<void> {
  await run("tmux", ["-S", socket, "kill-server"]).catch(() => {});
  await rm(dirname(socket), { recursive: true, force: true });
  open.delete(socket);
}

/** Closes the terminals of each test, and installs tmux where it is missing. */
export async function withTerminals(): Promise<void> {
  await run(process.execPath, [ensureTmux]);
  const closeAll = async () => void (await Promise.all([...open].map(kill)));
  afterEach(closeAll);
  afterAll(closeAll);
}

/** Opens a terminal. `$distlock` is the built program, and the prompt is `ready>`. */
export async function openTerminal({ columns = 80, lines = 24, env = {} }: TerminalOptions = {}): Promise<Terminal> {
  const socket = join(await mkdtemp(join(tmpdir(), "distlock-tmux-")), "socket");
  const tmux = async (...args: string[]) => (await run("tmux", ["-S", socket, "-f", "/dev/null", ...args])).stdout;
  const variables = { ...env, distlock: `${process.execPath} ${main}`, PS1: "ready> ", ENV: "", NO_COLOR: "1" };
  const given = Object.entries(variables).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  open.add(socket);
  await tmux("new-session", "-d", "-x", String(columns), "-y", String(lines), ...given, "sh", "-i");
  const screen = () => tmux("capture-pane", "-p");
  const terminal: Terminal = {
    async type(line) {
      await tmux("send-keys", "-l", line);
      await tmux("send-keys", "Enter");
    },
    press: async (...keys) => void (await tmux("send-keys", ...keys)),
    screen,
    async shows(text) {
      let shown = "";
      await until(async () => {
        shown = await screen();
        return text.test(shown);
      });
      return shown;
    },
  };
  await terminal.shows(/ready>/);
  return terminal;
}
