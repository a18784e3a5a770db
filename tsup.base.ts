import { readFile } from "node:fs/promises";
import type { Options } from "tsup";

/** Ships a script without its comments: they are for readers of the source. */
export const stripLua = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("--"))
    .map((line) => `${line}\n`)
    .join("");

/** What every published package is built with: ESM and CJS, types for each. */
export const base: Options = {
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  dts: true,
  clean: true,
  target: "node20",
  removeNodeProtocol: false,
  treeshake: true,
  silent: true,
  esbuildPlugins: [
    {
      name: "lua",
      setup: (build) =>
        build.onLoad({ filter: /\.lua$/ }, async ({ path }) => ({
          contents: stripLua(await readFile(path, "utf8")),
          loader: "text",
        })),
    },
  ],
};
