export const KEY_NAMES = ["key one", "key two"] as const;
export const INBOX_NAMES = ["inbox-number-one", "inbox-number-two"] as const;
/** Tokens of both inboxes in turn, and one token without an inbox. */
export const TOKEN_NAMES = [
  ...Array.from({ length: 6 }, (_, i) => `${INBOX_NAMES[i % INBOX_NAMES.length]}:${i}`),
  "other",
] as const;
