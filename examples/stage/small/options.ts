import { Command } from "commander";
import { parse } from "../options";

/** Reads the name of an example, and the options, of which there are none but `--help`. */
export function parseOptions([example = "", ...args]: readonly string[]): { readonly example: string } {
  const description = `Runs examples/small/${example}.ts on a Redis that is started for it. Yours: REDIS_URL=redis://… npx tsx examples/small/${example}.ts`;
  parse(new Command(`demo ${example}`).description(description), args);
  return { example };
}
