import { defineConfig } from "tsup";
import { base } from "../../tsup.base";

const frameworks = ["ai-sdk", "chat-sdk", "langchain", "langgraph", "mastra", "openai-agents"];

// Each framework's adapter is an entry of its own; their shared code is one chunk, even in CJS.
export default defineConfig({
  ...base,
  entry: {
    index: "src/index.ts",
    contract: "src/contract/index.ts",
    ...Object.fromEntries(frameworks.map((name) => [name, `src/frameworks/${name}/index.ts`])),
  },
  splitting: true,
});
