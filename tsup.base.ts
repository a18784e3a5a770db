import type { Options } from "tsup";
import { luaForEsbuild } from "./lua-script";

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
  esbuildPlugins: [luaForEsbuild],
};
