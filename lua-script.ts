import { readFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import type { Options } from "tsup";

type EsbuildPlugin = NonNullable<Options["esbuildPlugins"]>[number];
type Read = (path: string) => Promise<string>;

/** The code of one file of a script: without its includes, and without comments. */
interface Piece {
  readonly path: string;
  readonly code: string;
}

const readText: Read = (path) => readFile(path, "utf8");

const includeOf = (line: string): string | undefined => /^-- @include (\S+)$/.exec(line)?.[1];

/** A `--` inside a string does not begin a comment. */
const withoutComment = (line: string): string =>
  line.replace(/("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|--.*$/g, (_, string = "") => string).trim();

/**
 * Returns what a script consists of, in order: the files that it includes by lines `-- @include <path>`, and then its own code.
 * The path is relative to the file with the line. Each file is there once, where it is included first.
 */
async function piecesOf(path: string, read: Read, seen = new Set<string>()): Promise<readonly Piece[]> {
  if (seen.has(path)) return [];
  seen.add(path);
  const lines = (await read(path)).split("\n");
  const pieces: Piece[] = [];
  for (const include of lines.map(includeOf)) {
    if (include !== undefined) pieces.push(...(await piecesOf(resolve(dirname(path), include), read, seen)));
  }
  const code = lines
    .map(withoutComment)
    .filter((line) => line !== "")
    .map((line) => `${line}\n`);
  return [...pieces, { path, code: code.join("") }];
}

/** Returns a script as it is shipped: comments are for readers of the source. */
export async function luaScript(path: string, read: Read = readText): Promise<string> {
  return (await piecesOf(path, read)).map(({ code }) => code).join("");
}

/** Imports a script as its text. A file that several scripts include is in the bundle once. */
export const luaForEsbuild: EsbuildPlugin = {
  name: "lua",
  setup(build) {
    build.onLoad({ filter: /\.lua$/, namespace: "file" }, async ({ path }) => {
      // The bundle names its pieces in comments: by paths that are the same on each machine.
      const from = process.cwd();
      const paths = (await piecesOf(path, readText)).map((piece) =>
        JSON.stringify(`piece:${relative(from, piece.path)}`),
      );
      const imports = paths.map((piece, i) => `import piece${i} from ${piece};`);
      const names = paths.map((_, i) => `piece${i}`);
      return { contents: `${imports.join("\n")}\nexport default ${names.join(" + ")};` };
    });
    build.onResolve({ filter: /^piece:/ }, ({ path }) => ({ path: path.slice("piece:".length), namespace: "piece" }));
    build.onLoad({ filter: /\.lua$/, namespace: "piece" }, async ({ path }) => ({
      contents: (await piecesOf(resolve(path), readText)).at(-1)!.code,
      loader: "text",
    }));
  },
};

/** Imports a script as its text. */
export const luaForVitest = (read?: Read) => ({
  name: "lua",
  enforce: "pre" as const,
  async load(id: string) {
    if (id.endsWith(".lua")) return `export default ${JSON.stringify(await luaScript(id, read))}`;
  },
});
