import { readFile } from "node:fs/promises";
import { defineConfig } from "vitest/config";
import { stripLua } from "./tsup.base.ts";

export default defineConfig({
  plugins: [
    {
      name: "lua",
      enforce: "pre",
      async load(id) {
        if (id.endsWith(".lua")) return `export default ${JSON.stringify(stripLua(await readFile(id, "utf8")))}`;
      },
    },
  ],
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
});
