/** The names of the attributes. */
export const ATTRIBUTES = {
  key: "distlock.lock.key",
  keys: "distlock.lock.keys",
  keyTemplate: "distlock.lock.key_template",
  outcome: "distlock.outcome",
  waitMode: "distlock.wait.mode",
  ahead: "distlock.wait.ahead",
  attempts: "distlock.attempts",
  handedOver: "distlock.handed_over",
  ttl: "distlock.ttl",
  fence: "distlock.fence",
  holder: "distlock.holder.label",
  end: "distlock.end",
  lostReason: "distlock.lost.reason",
  verb: "distlock.verb",
  errorType: "error.type",
  conversation: "gen_ai.conversation.id",
} as const;
