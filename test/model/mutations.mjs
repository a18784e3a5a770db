/**
 * Ways to break the queue. Each takes one rule out of the source and must make the model fail; `edits` are texts in
 * packages/core, each of which is there once.
 *
 * @type {Readonly<Record<string, { readonly rule: string, readonly edits: readonly (readonly [file: string, from: string, to: string])[] }>>}
 */
export const mutations = {
  "hand-over ignores freshness": {
    rule: "a lock is handed over only to a waiter whose process is alive",
    edits: [
      ["lua/hand-over.lua", "alive[inbox] = till > now and till <= now + WINDOW + 1", "alive[inbox] = till >= 0"],
    ],
  },
  "hand-over leaves the waiter in the queue": {
    rule: "a hand-over pops the entry",
    edits: [
      [
        "lua/hand-over.lua",
        "call('ZREMRANGEBYRANK', KEYS[k + 2], 0, i - 1)",
        "call('ZREMRANGEBYRANK', KEYS[k + 2], 0, i - 2)",
      ],
    ],
  },
  "hand-over mints no fence": {
    rule: "every grant has a fence of its own",
    edits: [
      [
        "lua/hand-over.lua",
        "mint(k, call('GET', KEYS[k + 1]), CLAIM)",
        "tonumber(call('GET', KEYS[k + 1])) or mint(k, nil, CLAIM)",
      ],
    ],
  },
  "hand-over tells nobody": {
    rule: "the new holder is told at once",
    edits: [
      [
        "lua/hand-over.lua",
        "redis.pcall('PUBLISH', 'distlock:' .. inbox, head .. ' ' .. exact(fence) .. ' ' .. CLAIM)",
        "0",
      ],
    ],
  },
  "fences are formatted by Lua": {
    rule: "a fence is written with all its digits",
    edits: [["lua/hand-over.lua", "return string.format('%.0f', number)", "return '' .. number"]],
  },
  "the fence is only the clock": {
    rule: "a fence is above the last one",
    edits: [
      ["lua/hand-over.lua", "math.max((tonumber(last) or 0) + 1, micros())", "math.floor(micros() / 1e6) * 1000000"],
    ],
  },
  "the fence is only counted": {
    rule: "a fence is above the last one also when the server has lost it",
    edits: [["lua/hand-over.lua", "math.max((tonumber(last) or 0) + 1, micros())", "(tonumber(last) or 0) + 1"]],
  },
  "one lock's error stops the others of its command": {
    rule: "a batch answers for each lock",
    edits: [["lua/hand-over.lua", "= pcall(run, ...)", "= true, run(...)"]],
  },
  "acquire grants a dead token": {
    rule: "a token that was given up is refused, in whatever order the two arrive",
    edits: [["lua/acquire-one.lua", "known[3] or ", ""]],
  },
  "acquire grants a released token": {
    rule: "a late copy of an acquire is refused after the release",
    edits: [["lua/hand-over.lua", "(released == token or ", "("]],
  },
  "acquire grants a token that was forced out": {
    rule: "who was forced out does not come back",
    edits: [["lua/hand-over.lua", " or released == '!' .. redis.sha1hex(token))", ")"]],
  },
  "acquire overtakes": {
    rule: "a newcomer that meets a free lock hands it to who waits",
    edits: [["lua/acquire-one.lua", "minted, settling = hand_over(k)", ""]],
  },
  "acquire shortens": {
    rule: "a repeated acquire does not shorten the lease",
    edits: [["lua/acquire-one.lua", "if left < tonumber(ttl) then", "if true then"]],
  },
  "acquire never prolongs": {
    rule: "an acquire by the present holder is a confirmation, for its whole ttl",
    edits: [["lua/acquire-one.lua", "if left < tonumber(ttl) then", "if false then"]],
  },
  "acquire's floor is what is stored": {
    rule: "the floor is at least the server's time, so that it also holds when the last fence is forgotten",
    edits: [["lua/acquire-one.lua", "math.max(time, tonumber(last) or 0)", "tonumber(last) or 0"]],
  },
  "heartbeat's floor is what is stored": {
    rule: "the floor is at least the server's time, so that it also holds when the last fence is forgotten",
    edits: [["lua/heartbeat.lua", "tonumber(last) > now and last or now_text", "last"]],
  },
  "tickets are only the clock": {
    rule: "tickets are different",
    edits: [
      [
        "lua/acquire-one.lua",
        "math.max(time, (tonumber(call('ZREVRANGE', KEYS[k + 2], 0, 0, 'WITHSCORES')[2]) or 0) + 1)",
        "time",
      ],
    ],
  },
  "acquire ignores the ticket": {
    rule: "a waiter that was dropped gets its old place back",
    edits: [["lua/acquire-one.lua", "place = tonumber(ticket)", "place = 0"]],
  },
  "enqueueing shows no life": {
    rule: "who has just come is alive",
    edits: [["lua/acquire-one.lua", "call('HSET', KEYS[k + 3], inbox_of(token), exact(time / 1000 + WINDOW))", ""]],
  },
  "the queue has no ttl": {
    rule: "no companion is without a ttl",
    edits: [
      ["lua/acquire-one.lua", "call('PEXPIRE', KEYS[k + 2], 2 * WINDOW)", ""],
      ["lua/heartbeat.lua", "call('PEXPIRE', KEYS[k + 2], life)", ""],
      ["lua/hand-over.lua", "return call('PTTL', KEYS[k + 2]) >= 0", "return call('EXISTS', KEYS[k + 2]) == 1"],
      ["lua/acquire-one.lua", "if is_foreign(k + 2) or is_foreign(k + 3) then", "if false then"],
    ],
  },
  "extend shortens": {
    rule: "an extension does not shorten the lease",
    edits: [["lua/extend.lua", "if left < ttl then", "if true then"]],
  },
  "extend asks no token": {
    rule: "only the holder extends",
    edits: [["lua/extend.lua", "if holder == ARGV[i + 2] then", "if holder then"]],
  },
  "release asks no token": {
    rule: "only the holder frees",
    edits: [["lua/release.lua", "local ours = holder == token", "local ours = holder"]],
  },
  "release hands nothing over": {
    rule: "the release grants the next waiter in the same step",
    edits: [["lua/release.lua", "_, settling = hand_over(k)", ""]],
  },
  "a stale release leaves a free lock": {
    rule: "whatever meets a free lock hands it over",
    edits: [["lua/release.lua", "if (ours or not holder) and", "if ours and"]],
  },
  "release leaves no tombstone": {
    rule: "a token that was given up is refused, in whatever order the two arrive",
    edits: [["lua/release.lua", "call('SET', KEYS[k + 5], '1', 'PX', ARGV[a + 1])", ""]],
  },
  "release keeps the waiter in the queue": {
    rule: "who gives up leaves the queue",
    edits: [["lua/release.lua", "call('ZREM', KEYS[k + 2], token)", ""]],
  },
  "a repeated release is not ours": {
    rule: "a release that is sent again is told the same",
    edits: [["lua/release.lua", "ours or call('MGET', KEYS[k + 4])[1] == token", "ours"]],
  },
  "heartbeat leaves a free lock": {
    rule: "whatever meets a free lock hands it over",
    edits: [["lua/heartbeat.lua", "minted, settling = hand_over(k)", ""]],
  },
  "heartbeat shows no life": {
    rule: "a heartbeat keeps the process's waiters alive",
    edits: [["lua/heartbeat.lua", "call('HSET', KEYS[k + 3], inbox, alive_till)", ""]],
  },
  "heartbeat does not keep the queue": {
    rule: "heartbeats push the end of the queue before them",
    edits: [["lua/heartbeat.lua", "call('PEXPIRE', KEYS[k + 2], life)", ""]],
  },
  "heartbeat does not prolong the claim": {
    rule: "a claim lasts while its waiter's process is alive",
    edits: [["lua/heartbeat.lua", "call('PEXPIRE', KEYS[k], CLAIM)", ""]],
  },
  "heartbeat shortens": {
    rule: "a heartbeat does not shorten the lease",
    edits: [["lua/heartbeat.lua", "if left < tonumber(CLAIM) then", "if true then"]],
  },
  "heartbeat enqueues": {
    rule: "only an acquire enqueues",
    edits: [
      [
        "lua/heartbeat.lua",
        "local head = call('ZRANGE', KEYS[k + 2], '0', '0')[1]",
        "for i = from, to do call('ZADD', KEYS[k + 2], 'NX', exact(now), ARGV[i]) end\n  local head = call('ZRANGE', KEYS[k + 2], '0', '0')[1]",
      ],
    ],
  },
  "heartbeat never says missing": {
    rule: "a waiter that was dropped is told so",
    edits: [["lua/heartbeat.lua", "local token, state = ARGV[i], '0'", "local token, state = ARGV[i], '1'"]],
  },
  "heartbeat never says granted": {
    rule: "a hand-over whose message was lost is found by heartbeat",
    edits: [["lua/heartbeat.lua", "state = '2'", "state = '1'"]],
  },
  "forceRelease hands nothing over": {
    rule: "whatever frees a lock hands it over",
    edits: [["lua/force-release.lua", "hand_over(1)", ""]],
  },
  "forceRelease tells nobody": {
    rule: "who is forced out is told at once",
    edits: [["lua/force-release.lua", "call('PUBLISH', 'distlock:' .. inbox, holder .. ' 0 0')", ""]],
  },
  "who is missing does nothing": {
    rule: "a waiter that was dropped asks again",
    edits: [
      [
        "src/locker/queue/heartbeats.ts",
        'else if (states[i] === "missing") waiter.foundMissing();',
        'else if (states[i] === "missing") {}',
      ],
    ],
  },
  "who is missing asks without its ticket": {
    rule: "a waiter that was dropped gets its old place back",
    edits: [["src/locker/acquire/request.ts", "ticket: place?.ticket", "ticket: place && 0"]],
  },
  "a push is never void": {
    rule: "a push that is older than the last answer is void",
    edits: [["src/locker/queue/waiter.ts", "if (fence > this.#floor)", "if (fence > 0)"]],
  },
  "heartbeats leave the floor": {
    rule: "a push that is older than the last answer is void",
    edits: [["src/locker/queue/waiter.ts", "      this.#floor = floor;\n", ""]],
  },
  "a push counts from its arrival": {
    rule: "a lease is counted from when the waiter was last heard",
    edits: [["src/locker/queue/waiter.ts", "leaseEnd(this.#foundAt, claim)", "leaseEnd(now(), claim)"]],
  },
  "a heartbeat's grant counts from its arrival": {
    rule: "a lease is counted from when the request was sent",
    edits: [["src/locker/queue/waiter.ts", "leaseEnd(sent, CLAIM)", "leaseEnd(now(), CLAIM)"]],
  },
  "an unanswered request counts": {
    rule: "the send time of an unanswered enqueue is that of its first sending",
    edits: [
      [
        "src/locker/queue/waiter.ts",
        "    this.#isAsking = true;\n",
        "    this.#isAsking = true;\n    this.#foundAt = now();\n",
      ],
    ],
  },
  "an unanswered heartbeat blocks the next": {
    rule: "a heartbeat waits for no other",
    edits: [
      [
        "src/locker/queue/line.ts",
        "line.beatAt = sent + (isMute ? Math.max(pause, GROWTH * (sent - line.silentSince)) : pause);",
        "line.beatAt = pause < 0 && isMute ? sent : Number.POSITIVE_INFINITY;",
      ],
    ],
  },
  "a grant counts from its answer": {
    rule: "a lease is counted from when the request was sent",
    edits: [["src/locker/acquire/candidate.ts", "leaseEnd(this.#sentAt, ttl);", "leaseEnd(now(), ttl);"]],
  },
  "an extension counts from its answer": {
    rule: "a lease is counted from when the request was sent",
    edits: [["src/locker/hold/held-lock.ts", "leaseEnd(sent, ttl));", "leaseEnd(now(), ttl));"]],
  },
  "an extension forgets the longer lease": {
    rule: "the deadline is that of the longest lease that was acknowledged",
    edits: [["src/locker/hold/held-lock.ts", "Math.max(this.deadline, leaseEnd(sent, ttl));", "leaseEnd(sent, ttl);"]],
  },
  "no margin": {
    rule: "the holder counts on less than Redis gives",
    edits: [["src/driver/lease.ts", "2 + ttl * 0.01", "0 * ttl"]],
  },
  "a lock comes back": {
    rule: "a loss that was told stays",
    edits: [
      [
        "src/locker/hold/held-lock.ts",
        'if (this.state !== "held") return;\n    this.failure = undefined;',
        "this.failure = undefined;",
      ],
      ["src/locker/hold/held-lock.ts", "leaseEnd(sent, ttl));\n    if (!this.isHeld) return;", "leaseEnd(sent, ttl));"],
      [
        "src/locker/hold/held-lock.ts",
        '    return this.state === "held";\n',
        '    return (this.state === "held" || this.state === "lost") && now() < this.deadline;\n',
      ],
    ],
  },
  "a loss sends no release": {
    rule: "what ends a token sends a release",
    edits: [["src/locker/hold/held-lock.ts", "if (cause !== TAKEN || this.grant.outcomeUnknown) this.#giveUp();", ""]],
  },
  "who gives up says nothing": {
    rule: "an abort, a timeout and close leave the queue",
    edits: [["src/locker/acquire/acquire.ts", "await candidate.giveUp(error);", ""]],
  },
  "who gives up leaves no tombstone": {
    rule: "a token that was given up is refused, in whatever order the two arrive",
    edits: [["src/locker/acquire/candidate.ts", "{ tombstone, inFlight", "{ tombstone: false, inFlight"]],
  },
  "a request that was given up is sent again": {
    rule: "the EVAL after a NOSCRIPT is not sent for a call that was abandoned",
    edits: [["src/redis/script.ts", " || call?.abandoned", ""]],
  },
  "a release that failed is not repeated": {
    rule: "a token that was given up is given back, whatever happens to the first try",
    edits: [["src/locker/give-up-token.ts", "      } catch (error) {\n", "      } catch (error) {\n        return;\n"]],
  },
  "a late grant is kept": {
    rule: "a grant that comes after its token was given up is given back",
    edits: [["src/locker/give-up-token.ts", 'if (reply.status === "granted")', "if (false)"]],
  },
  "a grant that became a lock is undone": {
    rule: "only a token that was given up is undone",
    edits: [
      [
        "src/locker/acquire/candidate.ts",
        "    const queued = claimed ||",
        "    const inFlight = this.#inFlight;\n    if (claimed && inFlight) void this.#tools.giveUpToken(this.keys[0], this.#token, { tombstone: false, inFlight });\n    const queued = claimed ||",
      ],
    ],
  },
  "a dead token is tried again": {
    rule: "a retry takes a new token",
    edits: [["src/locker/acquire/candidate.ts", "this.#token = newToken(", "this.#token ||= newToken("]],
  },
  "a claim is not extended": {
    rule: "who was handed a lock extends it to its ttl",
    edits: [["src/locker/hold/held-lock.ts", "grant.claimed ? now() : ", ""]],
  },
  "the end of a lease is not awaited": {
    rule: "the first waiter looks when the holder's lease ends",
    edits: [
      ["src/locker/queue/heartbeats.ts", "Math.min(line.endsAt, now() + Math.max(remaining, 0) + 1)", "line.endsAt"],
    ],
  },
  "hand-over trusts a clock that was set back": {
    rule: "a sign of life that is further ahead than the window does not count",
    edits: [["lua/hand-over.lua", "till > now and till <= now + WINDOW + 1", "till > now"]],
  },
  "hand-over drops without end": {
    rule: "one script drops a bounded number of dead waiters",
    edits: [["lua/hand-over.lua", "while dropped < MOST do", "while true do"]],
  },
  "a release that is to be asked again is not": {
    rule: "a release that met too many dead waiters is asked again",
    edits: [["src/redis/redis-driver.ts", "if (settling) release(request).catch(() => {});", ""]],
  },
  "acquire takes a lock whose dead waiters are being dropped": {
    rule: "nobody overtakes while dead waiters are dropped",
    edits: [["lua/acquire-one.lua", "if not settling and call(", "if call("]],
  },
  "a refused message stops the hand-over": {
    rule: "a message is a hint: a hand-over does not need it",
    edits: [["lua/hand-over.lua", "local sent = redis.pcall('PUBLISH'", "local sent = call('PUBLISH'"]],
  },
  "companions of others are overwritten": {
    rule: "a companion without a ttl is somebody else's",
    edits: [["lua/hand-over.lua", "return call('PTTL', KEYS[k]) == -1", "return false"]],
  },
  "an outage is paid by the second": {
    rule: "the heartbeats without an answer are bounded",
    edits: [
      [
        "src/locker/queue/line.ts",
        "(isMute ? Math.max(pause, GROWTH * (sent - line.silentSince)) : pause)",
        "(isMute ? pause : pause)",
      ],
    ],
  },
  "a deaf listener stays": {
    rule: "a listener that hears nothing is replaced",
    edits: [
      [
        "src/locker/queue/message-watch.ts",
        "if (isOverdue) void clientsFlushed().then(() => missed >= DEAF && onDeaf());",
        "",
      ],
    ],
  },
  "a lease is over before what has arrived is read": {
    rule: "after a stall, what has arrived counts before a lease is over",
    edits: [
      [
        "src/locker/hold/held-lock.ts",
        "if (this.#unanswered === 0) this.#expired();",
        "if (this.#unanswered >= 0) this.#expired();",
      ],
    ],
  },
  "a handed-over lock is told before its extension is sent": {
    rule: "the extension of a handed-over lock is sent before its holder goes on",
    edits: [["src/locker/locker.ts", "if (grant.claimed) await clientsFlushed();", ""]],
  },
  "only an extended lock hears that it was forced out": {
    rule: "every lock hears that it was forced out",
    edits: [
      [
        "src/locker/hold/lease-monitor.ts",
        "for (const lock of held.values()) if (lock.grant.token === token)",
        "for (const lock of kept) if (lock.grant.token === token)",
      ],
    ],
  },
  "who is forced out frees nothing": {
    rule: "a lock that was said to be forced out is freed",
    edits: [
      [
        "src/locker/hold/held-lock.ts",
        "cause !== TAKEN || this.grant.outcomeUnknown",
        "!isReported || this.grant.outcomeUnknown",
      ],
    ],
  },
  "a floor from before the clock was set back stays": {
    rule: "the floor is that of the answer to the latest request",
    edits: [
      [
        "src/locker/queue/waiter.ts",
        "      this.#floor = floor;\n",
        "      this.#floor = Math.max(this.#floor, floor);\n",
      ],
    ],
  },
  "a new inbox checks nothing": {
    rule: "when messages may have been lost, all waiters are checked",
    edits: [["src/locker/queue/queue.ts", "opened: () => heartbeats.checkAll()", "opened() {}"]],
  },
};
