/** The field of a message in which an adapter keeps the data of its framework. */
export const ownField = { langchain: "langchain" } as const;

/** Without the fields of adapters: a message that comes from a browser, or goes there, has none. */
export function withoutOwnFields<T extends object>(message: T): T {
  const own: readonly string[] = Object.values(ownField);
  return Object.fromEntries(Object.entries(message).filter(([name]) => !own.includes(name))) as T;
}
