// Tested by test/locking/few-rights.test.ts
/** What the scripts call, for the rights of a Redis user. */
const called =
  "del exists get hget hset mget pexpire pttl publish rename set time zadd zcard zrange zrank zrem zremrangebyrank zrevrange zscore";

/** The ACL rule of a user that locks, but for its keys: those of the locks, and those beside them. */
export const rule = `~<keys> ~{<keys>}~* &distlock:* +eval +evalsha +subscribe ${called.replace(/\w+/g, "+$&")}`;
