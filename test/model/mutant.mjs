import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { mergeConfig } from "vitest/config";
import { luaForVitest } from "../../lua-script.ts";
import { base } from "../../vitest.base.ts";
import { memoryMutations } from "./memory-mutations.mjs";
import { mutations } from "./mutations.mjs";

/** Configures vitest so that it sees a package with the mutation that `MUTATION` names, if any; the files stay as they are. */
const { MUTATION } = process.env;
const mutation = MUTATION === undefined ? { edits: [] } : { ...mutations, ...memoryMutations }[MUTATION];
if (!mutation) throw new Error(`there is no mutation ${JSON.stringify(MUTATION)}`);
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = `${root}${mutation.of ?? "packages/core"}/`;

for (const [file, from] of mutation.edits) {
  const text = await readFile(folder + file, "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file} must have this text once:\n${from}`);
}

async function readMutated(id) {
  let text = await readFile(id, "utf8");
  for (const [file, from, to] of mutation.edits) if (id === folder + file) text = text.replace(from, () => to);
  return text;
}

const mutated = {
  root,
  test: { include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"] },
  plugins: [
    luaForVitest(readMutated),
    {
      name: "mutant",
      enforce: "pre",
      load: (id) => (mutation.edits.some(([file]) => id === folder + file) ? readMutated(id) : undefined),
    },
  ],
};

export default mergeConfig(mutated, base);
