/** A change of what the history says of one call: `replacement` in the place of its first item, and of all others of it nothing. */
export interface HistoryMutation<Item> {
  type: "replace_function_call";
  callId: string;
  replacement: Item;
}

/** A new history. As in the SDK, a mutation of another type changes nothing. */
export function applyMutations(
  items: readonly object[],
  mutations: readonly HistoryMutation<object>[],
): readonly object[] {
  return mutations.reduce((history, { type, callId, replacement }) => {
    if (type !== "replace_function_call") return history;
    const isCall = (item: { type?: unknown; callId?: unknown }) =>
      item.type === "function_call" && item.callId === callId;
    const first = history.findIndex(isCall);
    return history.flatMap((item, i) => (i === first ? [replacement] : isCall(item) ? [] : [item]));
  }, items);
}
