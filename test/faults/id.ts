/** The name of a token in a history. */
export const idOf = (token: string): string => token.slice(-12);
