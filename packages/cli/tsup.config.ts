import type { Options } from "tsup";
import { defineConfig } from "tsup";
import { base } from "../../tsup.base";

/** A program: one entry, and a part for each command, so that `--help` does not load a client of Redis. */
const program: Options = { ...base, entry: ["src/main.ts"], format: ["esm"], dts: false, splitting: true };

export default defineConfig(program);
