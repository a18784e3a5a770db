import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Resolves with what the program printed, or rejects with it. */
export const run = (cwd: string, program: string, args: readonly string[], env = process.env): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(program, args, { cwd, env }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stdout}\n${stderr}`)) : resolve(stdout),
    );
  });

export interface Tarball {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Packs packages, as they are published. Default: all. */
export async function pack(folder: string, names: readonly string[] = ["*"]): Promise<Tarball[]> {
  const filters = names.flatMap((name) => ["--filter", `./packages/${name}`]);
  return JSON.parse(await run(root, "pnpm", ["-r", ...filters, "pack", "--json", "--pack-destination", folder]));
}
