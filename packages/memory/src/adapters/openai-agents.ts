export { lockRun } from "../openai-agents/lock-run";
