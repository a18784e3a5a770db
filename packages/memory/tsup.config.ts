import { defineConfig } from "tsup";
import { base } from "../../tsup.base";

// Each framework's adapter is an entry of its own; what they share is one chunk, also in CJS.
export default defineConfig({
  ...base,
  entry: ["src/index.ts", "src/contract.ts", "src/adapters/*.ts"],
  splitting: true,
});
