/** The name of a token's right to a key in a history. */
export const idOf = (token: string, key: string): string => `${token.slice(token.indexOf(":") + 1)}@${key}`;
