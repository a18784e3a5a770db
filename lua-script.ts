import { readFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import type { Options } from "tsup";

type EsbuildPlugin = NonNullable<Options["esbuildPlugins"]>[number];
type Read = (path: string) => Promise<string>;

/** A part of a file: the code between two of its includes, without comments. */
interface Piece {
  readonly path: string;
  readonly part: number;
  readonly code: string;
}

const readText: Read = (path) => readFile(path, "utf8");

/** A `--` inside a string does not begin a comment. */
const withoutComment = (line: string): string =>
  line.replace(/("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|--.*$/g, (_, string = "") => string).trim();

function codeOf(lines: string): string {
  const code = lines.split("\n").map(withoutComment);
  return code
    .filter((line) => line !== "")
    .map((line) => `${line}\n`)
    .join("");
}

/**
 * Returns what a script consists of, in order. A line `-- @include <path>` stands for another file, whose path is relative to
 * the file with the line. A file is there once: where it was included before, the line stands for nothing. What an indented
 * line includes is known only inside that block, so a later line outside the block includes it again.
 */
async function piecesOf(path: string, read: Read, known = new Set<string>()): Promise<readonly Piece[]> {
  if (known.has(path)) return [];
  known.add(path);
  // Code, then what the include behind it says: its indentation and its path.
  const [first = "", ...rest] = (await read(path)).split(/^( *)-- @include (\S+)\n/m);
  let inBlock = new Set(known);
  const pieces: Piece[] = [{ path, part: 0, code: codeOf(first) }];
  for (let i = 0; i < rest.length; i += 3) {
    const [indent, include, code] = rest.slice(i, i + 3) as [string, string, string];
    const seen = indent === "" ? known : inBlock;
    pieces.push(...(await piecesOf(resolve(dirname(path), include), read, seen)));
    pieces.push({ path, part: 1 + i / 3, code: codeOf(code) });
    const isBlockOver = indent === "" || /^\S/m.test(code);
    if (isBlockOver) inBlock = new Set(known);
  }
  return pieces.filter(({ code }) => code !== "");
}

/** Returns a script as it is shipped: comments are for readers of the source. */
export async function luaScript(path: string, read: Read = readText): Promise<string> {
  return (await piecesOf(path, read)).map(({ code }) => code).join("");
}

/** Imports a script as its text. A piece that several scripts have is in the bundle once. */
export const luaForEsbuild: EsbuildPlugin = {
  name: "lua",
  setup(build) {
    // The bundle names its pieces in comments: by paths that are the same on each machine.
    const nameOf = ({ path, part }: Piece): string => `${relative(process.cwd(), path)}#${part}`;
    const codes = new Map<string, string>();
    build.onLoad({ filter: /\.lua$/, namespace: "file" }, async ({ path }) => {
      const pieces = await piecesOf(path, readText);
      for (const piece of pieces) codes.set(nameOf(piece), piece.code);
      const imports = pieces.map((piece, i) => `import piece${i} from ${JSON.stringify(`piece:${nameOf(piece)}`)};`);
      const names = pieces.map((_, i) => `piece${i}`);
      return { contents: `${imports.join("\n")}\nexport default ${names.join(" + ")};` };
    });
    build.onResolve({ filter: /^piece:/ }, ({ path }) => ({ path: path.slice("piece:".length), namespace: "piece" }));
    build.onLoad({ filter: /#\d+$/, namespace: "piece" }, ({ path }) => ({
      contents: codes.get(path)!,
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
