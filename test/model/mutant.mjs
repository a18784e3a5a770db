import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { mergeConfig } from "vitest/config";
import { stripLua } from "../../tsup.base.ts";
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

const mutated = {
  root,
  test: { include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"] },
  plugins: [
    {
      name: "mutant",
      enforce: "pre",
      async load(id) {
        const edits = mutation.edits.filter(([file]) => id === folder + file);
        if (edits.length === 0) return;
        let text = await readFile(id, "utf8");
        for (const [, from, to] of edits) text = text.replace(from, () => to);
        return id.endsWith(".lua") ? `export default ${JSON.stringify(stripLua(text))}` : text;
      },
    },
  ],
};

export default mergeConfig(mutated, base);
