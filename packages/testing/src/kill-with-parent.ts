import { type ChildProcess, spawn } from "node:child_process";

/**
 * Has a child killed, and its folder deleted if it has one, when this process ends in whatever way, even by `kill -9`: a
 * shell of its own session waits for the end of a pipe that only we hold open. The returned function calls that off.
 */
export function killWithParent(child: ChildProcess, folder?: string): () => void {
  const script = 'cat >/dev/null; kill -9 "$0" 2>/dev/null; [ -z "$1" ] || rm -rf "$1"';
  const watcher = spawn("sh", ["-c", script, String(child.pid), folder ?? ""], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watcher.unref();
  return () => {
    watcher.kill("SIGKILL");
    watcher.stdin.destroy();
  };
}
