/** What a history calls the right of a token to a key. */
export const idOf = (token: string, key: string): string => `${token.slice(token.indexOf(":") + 1)}@${key}`;
