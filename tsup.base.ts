import type { Options } from "tsup";
import { luaForEsbuild } from "./lua-script";

/** What every published package is built with: ESM and CJS, types for each. */
export const base: Options = {
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  // The types are checked by "typecheck", and are the same without a check here.
  dts: { compilerOptions: { noCheck: true } },
  clean: true,
  target: "node20",
  removeNodeProtocol: false,
  treeshake: true,
  silent: true,
  esbuildPlugins: [luaForEsbuild],
};
