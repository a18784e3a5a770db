import { writeFile } from "node:fs/promises";
import type { Options } from "tsup";
import { defineConfig } from "tsup";
import { base } from "../../tsup.base";
import { version } from "./package.json";
import { page } from "./src/man/page";
import { modelOf } from "./src/model/model";
import { program } from "./src/program";

/** A program: one entry, and a part for each command, so that `--help` does not load a client of Redis. */
const built: Options = {
  ...base,
  entry: ["src/main.ts"],
  format: ["esm"],
  dts: false,
  splitting: true,
  onSuccess: () => writeFile("dist/distlock.1", page(modelOf(program()), version)),
};

export default defineConfig(built);
