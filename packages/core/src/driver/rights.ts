// Tested by test/locking/few-rights.test.ts
/** The commands that the scripts call. A Redis user needs the right to each. */
const called =
  "del exists get mget pexpire pttl publish rename set time zadd zcount zrangebyscore zrank zrem zremrangebyscore zrevrange zscore";

/** The ACL rule of a user that locks. `<keys>` stands for the names of the locks; their companions are beside them. */
export const rule = `~<keys> ~{<keys>}~* &distlock:* +eval +evalsha +subscribe ${called.replace(/\w+/g, "+$&")}`;
