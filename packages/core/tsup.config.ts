import { defineConfig } from "tsup";
import { base } from "../../tsup.base";

// What both entries need is one chunk, also in CJS, so that there is one copy of each class, symbol and WeakMap.
export default defineConfig({
  ...base,
  entry: { index: "src/index.ts", driver: "src/for-drivers.ts" },
  splitting: true,
});
