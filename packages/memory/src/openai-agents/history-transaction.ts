import { createHash } from "node:crypto";
import { canonical, encodeItems } from "./session-item";

/** A change of the history: items at its end, or others in the place of those at its end. */
export type HistoryTransaction<Item> =
  | { type: "append_items"; items: Item[] }
  | { type: "replace_suffix"; expectedSuffix: Item[]; replacement: Item[] };

/** The same as JSON texts: nothing is expected of the end that items are added to. */
export interface EncodedTransaction {
  readonly expected: readonly string[];
  readonly texts: readonly string[];
  /** The same for two that say the same. */
  readonly digest: string;
}

const names: Record<HistoryTransaction<unknown>["type"], readonly string[]> = {
  append_items: ["items", "type"],
  replace_suffix: ["expectedSuffix", "replacement", "type"],
};

/** Throws `TypeError` for what is no such transaction. */
export function encodeTransaction(transaction: HistoryTransaction<unknown>): EncodedTransaction {
  const wanted = names[transaction?.type];
  if (!wanted || Object.keys(transaction).sort().join() !== wanted.join()) {
    throw new TypeError(
      "transaction must be { type: 'append_items', items } or { type: 'replace_suffix', expectedSuffix, replacement }",
    );
  }
  const [expected, texts] =
    transaction.type === "append_items"
      ? [[], encodeItems("items", transaction.items)]
      : [
          encodeItems("expectedSuffix", transaction.expectedSuffix),
          encodeItems("replacement", transaction.replacement),
        ];
  const parts = [transaction.type, expected.map(canonical), texts.map(canonical)];
  return { expected, texts, digest: createHash("sha256").update(JSON.stringify(parts)).digest("base64") };
}
