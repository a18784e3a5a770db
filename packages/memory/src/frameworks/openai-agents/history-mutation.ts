import { tryDecode } from "../../store/json-text";

/** A change of one call in the history: `replacement` replaces its first item, and its other items are removed. */
export interface HistoryMutation<Item> {
  type: "replace_function_call";
  callId: string;
  replacement: Item;
}

/** A new history. As in the SDK, a mutation of another type changes nothing. */
function applyMutations(items: readonly object[], mutations: readonly HistoryMutation<object>[]): readonly object[] {
  return mutations.reduce((history, { type, callId, replacement }) => {
    if (type !== "replace_function_call") return history;
    const isCall = (item: { type?: unknown; callId?: unknown }) =>
      item.type === "function_call" && item.callId === callId;
    const first = history.findIndex(isCall);
    return history.flatMap((item, i) => (i === first ? [replacement] : isCall(item) ? [] : [item]));
  }, items);
}

/** A new history of JSON texts. A text that is not changed stays as it is, even one that holds no item. */
export function mutateTexts(texts: readonly string[], mutations: readonly HistoryMutation<object>[]): string[] {
  const textOf = new Map<object, string>();
  const items = texts.map((text) => {
    const item = tryDecode(text) ?? {};
    textOf.set(item, text);
    return item;
  });
  return applyMutations(items, mutations).map((item) => textOf.get(item) ?? JSON.stringify(item));
}
