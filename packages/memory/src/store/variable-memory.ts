import type { Memory, MemoryOptions, WriteOptions } from "./memory";
import type { Message } from "./message";

export type Variables = Record<string, unknown>;

/** One conversation, kept as the variables that go into a prompt and come out of a model. */
export interface VariableMemory {
  /** Adds the input and the output, in this order, at the end. */
  saveContext(inputs: Variables, outputs: Variables, options?: WriteOptions): Promise<void>;
  /** The variables that `memoryVariables` names, for a call of the model with these inputs. */
  loadMemoryVariables(inputs: Variables, options?: MemoryOptions): Promise<Variables>;
  /** Names of the variables that `loadMemoryVariables` returns. */
  memoryVariables(): string[];
  /** Forgets the conversation. */
  clear(options?: WriteOptions): Promise<void>;
}

export interface VariableNames {
  /** The user's text, in the inputs. Default `"input"`. */
  input?: string | undefined;
  /** The answer, in the outputs. Default `"output"`. */
  output?: string | undefined;
  /** The messages so far, as `load` returns them. Default `"history"`. */
  history?: string | undefined;
}

function message(role: string, variables: Variables, name: string): Message {
  const content = variables?.[name];
  if (typeof content !== "string") throw new TypeError(`variable "${name}" must be a string, got ${typeof content}`);
  return { role, content };
}

/**
 * The conversation as variables. `saveContext` saves the input as the user's message and the output as the
 * assistant's; it rejects with `TypeError` if one of them is not a string.
 */
export function toVariableMemory(
  memory: Memory<Message>,
  { input = "input", output = "output", history = "history" }: VariableNames = {},
): VariableMemory {
  return {
    async saveContext(inputs, outputs, options) {
      await memory.save(message("user", inputs, input), message("assistant", outputs, output), options);
    },
    async loadMemoryVariables(inputs, options) {
      const query = inputs?.[input];
      return { [history]: await memory.load(typeof query === "string" ? { ...options, query } : options) };
    },
    memoryVariables: () => [history],
    clear: (options) => memory.clear(options),
  };
}
