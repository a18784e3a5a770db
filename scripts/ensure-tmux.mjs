import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { installerOf, isOnPath } from "./installers.mjs";

/** Makes sure that there is a tmux, for the tests of a terminal. Installs it where that needs no question; elsewhere rejects with what to do. */
export async function ensureTmux(env = process.env) {
  if (isOnPath("tmux", env)) return;
  const installer = installerOf({ default: "tmux" }, env);
  if (installer?.run === undefined) {
    const way = installer === undefined ? "install tmux" : `install it with "${installer.command}"`;
    throw new Error(`there is no tmux on PATH: ${way}`);
  }
  console.log(`installing tmux with ${installer.tool} …`);
  await installer.run();
  if (!isOnPath("tmux", env)) throw new Error(`${installer.tool} did not put a tmux on PATH`);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await ensureTmux().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
