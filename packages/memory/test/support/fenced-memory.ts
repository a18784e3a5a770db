import type {
  AppendableMemory,
  Memory,
  MemoryOptions,
  ReplaceableMemory,
  SearchableMemory,
  WriteOptions,
} from "../../src/index";

/** Texts in this process, kept by a memory that refuses a fence lower than one it has seen, and records its calls. */
export class FencedMemory
  implements Memory<string>, AppendableMemory<string>, ReplaceableMemory<string>, SearchableMemory<string>
{
  readonly texts: string[] = [];
  readonly calls: (readonly [name: string, options: WriteOptions])[] = [];
  #fence = 0;

  save = async (input: string, output: string, options?: WriteOptions) => {
    this.#enter("save", options);
    this.texts.push(input, output);
  };

  append = async (texts: readonly string[], options?: WriteOptions) => {
    this.#enter("append", options);
    this.texts.push(...texts);
  };

  replace = async (texts: readonly string[], options?: WriteOptions) => {
    this.#enter("replace", options);
    this.texts.splice(0, this.texts.length, ...texts);
  };

  load = async (options?: MemoryOptions) => {
    this.#enter("load", options);
    return [...this.texts];
  };

  search = async (query: string, k: number, options?: MemoryOptions) => {
    this.#enter("search", options);
    return this.texts.filter((text) => text.includes(query)).slice(0, k);
  };

  clear = async (options?: WriteOptions) => {
    this.#enter("clear", options);
    this.texts.length = 0;
  };

  #enter(name: string, options: WriteOptions = {}): void {
    const { fence = Number.NaN } = options;
    if (!(fence >= this.#fence)) throw new Error(`fence ${fence} is below ${this.#fence}`);
    this.#fence = fence;
    this.calls.push([name, options]);
  }
}
