import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const core = fileURLToPath(new URL("../../packages/core/", import.meta.url));

/** A plugin for esbuild: it applies the edits to the core while esbuild reads it. The files are not changed. */
const mutated = (edits) => ({
  name: "mutant",
  setup({ onLoad }) {
    onLoad({ filter: /packages\/core\/src\/.*\.ts$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [file, from, to] of edits) {
        if (path !== core + file) continue;
        if (contents.split(from).length !== 2) throw new Error(`${file} must have this text once:\n${from}`);
        contents = contents.replace(from, () => to);
      }
      return { contents, loader: "ts" };
    });
  },
});

/**
 * Plays seeds for so many seconds of one core with these edits, each `[file, from, to]`: of all scenarios in turn, or from a seed
 * of one scenario on. Resolves with the first violation, its seed and its scenario, or with `undefined` if every promise was kept.
 */
export async function hunt(edits, seconds, { scenario, seed } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "distlock-mutant-"));
  const outfile = join(folder, "hunt.mjs");
  try {
    await build({
      entryPoints: [fileURLToPath(new URL("hunt.ts", import.meta.url))],
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      outfile,
      plugins: [mutated(edits)],
      logLevel: "error",
    });
    const args = ["--seconds", String(seconds)];
    if (scenario !== undefined) args.push("--scenario", scenario);
    if (seed !== undefined) args.push("--seed", String(seed));
    const child = spawn(process.execPath, [outfile, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    child.stdout.on("data", (data) => {
      printed += data;
    });
    const code = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code !== 0) return { why: `the simulation ended with ${code}` };
    return printed === "" ? undefined : JSON.parse(printed);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
