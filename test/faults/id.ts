/** What a history calls a token. */
export const idOf = (token: string): string => token.slice(-12);
