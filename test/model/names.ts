export const KEY_NAMES = ["key one", "key two"] as const;
export const INBOX_NAMES = ["inbox-number-one", "inbox-number-two"] as const;
/** Tokens of both inboxes in turn, as lockers make them: without a label, with an empty one, with another; and one without an inbox. */
export const TOKEN_NAMES = [
  ...Array.from({ length: 6 }, (_, i) => {
    const label = [undefined, "", "label"][i % 3];
    const end = label === undefined ? "" : `:${Buffer.from(label).toString("base64url")}`;
    return `${INBOX_NAMES[i % INBOX_NAMES.length]}:00000000-0000-0000-0000-00000000000${i}${end}`;
  }),
  "other",
];
