import { encodeItems } from "./session-item";

/** A change of the history: appends items, or replaces the last ones. */
export type HistoryTransaction<Item> =
  | { type: "append_items"; items: Item[] }
  | { type: "replace_suffix"; expectedSuffix: Item[]; replacement: Item[] };

/** The transaction as JSON texts. `expectedSuffix` is empty where items are only added. */
export interface EncodedTransaction {
  readonly expected: readonly string[];
  readonly texts: readonly string[];
}

const names: Record<HistoryTransaction<unknown>["type"], readonly string[]> = {
  append_items: ["items", "type"],
  replace_suffix: ["expectedSuffix", "replacement", "type"],
};

/** Throws `TypeError` for a value that is not such a transaction. */
export function encodeTransaction(transaction: HistoryTransaction<unknown>): EncodedTransaction {
  const wanted = names[transaction?.type];
  if (!wanted || Object.keys(transaction).sort().join() !== wanted.join()) {
    throw new TypeError(
      "transaction must be { type: 'append_items', items } or { type: 'replace_suffix', expectedSuffix, replacement }",
    );
  }
  return transaction.type === "append_items"
    ? { expected: [], texts: encodeItems("items", transaction.items) }
    : {
        expected: encodeItems("expectedSuffix", transaction.expectedSuffix),
        texts: encodeItems("replacement", transaction.replacement),
      };
}
