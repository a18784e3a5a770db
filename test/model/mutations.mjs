/** The in-process driver has the rules of the scripts: it is compared with them. */
const inProcess = ["test/model/agreement.test.ts"];

/**
 * Ways to break the queue. Each takes one rule out of the source and must make the model fail, or its `tests`; `edits` are
 * texts in packages/core, each of which is there once.
 *
 * @type {Readonly<Record<string, { readonly rule: string, readonly tests?: readonly string[], readonly edits: readonly (readonly [file: string, from: string, to: string])[] }>>}
 */
export const mutations = {
  "hand-over ignores freshness": {
    rule: "a lock is handed over only to a waiter whose process is alive",
    edits: [["lua/lib/hand-over.lua", "return till > now and till <= now + WINDOW + 1", "return till >= 0"]],
  },
  "hand-over leaves the waiter in the queue": {
    rule: "a hand-over pops the entry",
    edits: [
      [
        "lua/lib/hand-over.lua",
        "call('ZREMRANGEBYRANK', KEYS[lock + QUEUE], 0, rank)",
        "call('ZREMRANGEBYRANK', KEYS[lock + QUEUE], 0, rank - 1)",
      ],
    ],
  },
  "hand-over mints no fence": {
    rule: "every grant has a fence of its own",
    edits: [
      [
        "lua/lib/hand-over.lua",
        "mint(lock, call('GET', KEYS[lock + FENCE]), CLAIM)",
        "tonumber(call('GET', KEYS[lock + FENCE])) or mint(lock, nil, CLAIM)",
      ],
    ],
  },
  "hand-over tells nobody": {
    rule: "the new holder is told at once",
    edits: [["lua/lib/hand-over.lua", "redis.pcall('PUBLISH', 'distlock:' .. inbox_of(token), message)", "0"]],
  },
  "fences are formatted by Lua": {
    rule: "a fence is written with all its digits",
    edits: [["lua/lib/clock.lua", "return string.format('%.0f', number)", "return '' .. number"]],
  },
  "the fence is only the clock": {
    rule: "a fence is above the last one",
    edits: [
      ["lua/lib/fence.lua", "math.max((tonumber(last) or 0) + 1, micros())", "math.floor(micros() / 1e6) * 1000000"],
    ],
  },
  "the fence is only counted": {
    rule: "a fence is above the last one also when the server has lost it",
    edits: [["lua/lib/fence.lua", "math.max((tonumber(last) or 0) + 1, micros())", "(tonumber(last) or 0) + 1"]],
  },
  "one lock's error stops the others of its command": {
    rule: "a batch answers for each lock",
    edits: [["lua/lib/batch.lua", "= pcall(run, ...)", "= true, run(...)"]],
  },
  "acquire grants a dead token": {
    rule: "a token that was given up is refused, in whatever order the two arrive",
    edits: [["lua/lib/dead.lua", "tombstone or ", ""]],
  },
  "acquire grants a released token": {
    rule: "a late copy of an acquire is refused after the release",
    edits: [["lua/lib/dead.lua", "(released == token or ", "("]],
  },
  "acquire grants a token that was forced out": {
    rule: "who was forced out does not come back",
    edits: [["lua/lib/dead.lua", " or released == '!' .. redis.sha1hex(token))", ")"]],
  },
  "acquire overtakes": {
    rule: "a newcomer that meets a free lock hands it to who waits",
    edits: [["lua/lib/acquire.lua", "minted, settling = hand_over(lock)", ""]],
  },
  "acquire shortens": {
    rule: "a repeated acquire does not shorten the lease",
    edits: [["lua/lib/confirm.lua", "if left < tonumber(ttl) then", "if true then"]],
  },
  "acquire never prolongs": {
    rule: "an acquire by the present holder is a confirmation, for its whole ttl",
    edits: [["lua/lib/confirm.lua", "if left < tonumber(ttl) then", "if false then"]],
  },
  "acquire's floor is what is stored": {
    rule: "the floor is at least the server's time, so that it also holds when the last fence is forgotten",
    edits: [["lua/lib/acquire.lua", "math.max(time, tonumber(last) or 0)", "tonumber(last) or 0"]],
  },
  "heartbeat's floor is what is stored": {
    rule: "the floor is at least the server's time, so that it also holds when the last fence is forgotten",
    edits: [["lua/heartbeat.lua", "tonumber(fence) > now and fence or now_text", "fence"]],
  },
  "tickets are only the clock": {
    rule: "tickets are different",
    edits: [["lua/lib/enqueue.lua", "math.max(micros(), (tonumber(last_ticket) or 0) + 1)", "micros()"]],
  },
  "acquire ignores the ticket": {
    rule: "a waiter that was dropped gets its old place back",
    edits: [["lua/lib/enqueue.lua", "place = tonumber(ticket)", "place = 0"]],
  },
  "enqueueing shows no life": {
    rule: "who has just come is alive",
    edits: [
      ["lua/lib/enqueue.lua", "call('HSET', KEYS[lock + ALIVE], inbox_of(token), exact(micros() / 1000 + WINDOW))", ""],
    ],
  },
  "the queue has no ttl": {
    rule: "no companion is without a ttl",
    edits: [
      ["lua/lib/enqueue.lua", "call('PEXPIRE', KEYS[lock + QUEUE], QUEUE_TTL)", ""],
      ["lua/heartbeat.lua", "call('PEXPIRE', KEYS[lock + QUEUE], queue_ttl)", ""],
      ["lua/lib/queue.lua", "return left >= 0, left == -1", "return left ~= -2, false"],
      ["lua/lib/acquire.lua", "if queue_is_foreign or is_foreign(lock + ALIVE) then", "if false then"],
    ],
  },
  "extend shortens": {
    rule: "an extension does not shorten the lease",
    edits: [["lua/extend.lua", "if left < ttl then", "if true then"]],
  },
  "extend asks no token": {
    rule: "only the holder extends",
    edits: [["lua/extend.lua", "if holder_of(lock) == token then", "if holder_of(lock) then"]],
  },
  "release asks no token": {
    rule: "only the holder frees",
    edits: [["lua/release.lua", "local ours = holder == token", "local ours = holder"]],
  },
  "release hands nothing over": {
    rule: "the release grants the next waiter in the same step",
    edits: [["lua/release.lua", "_, settling = hand_over(lock)", ""]],
  },
  "a stale release leaves a free lock": {
    rule: "whatever meets a free lock hands it over",
    edits: [["lua/release.lua", "if (ours or not holder) and", "if ours and"]],
  },
  "release leaves no tombstone": {
    rule: "a token that was given up is refused, in whatever order the two arrive",
    edits: [["lua/release.lua", "call('SET', KEYS[lock + TOMBSTONE], '1', 'PX', tombstone_ttl)", ""]],
  },
  "release keeps the waiter in the queue": {
    rule: "who gives up leaves the queue",
    edits: [["lua/release.lua", "call('ZREM', KEYS[lock + QUEUE], token)", "0"]],
  },
  "a repeated release is not ours": {
    rule: "a release that is sent again is told the same",
    edits: [["lua/release.lua", "ours or call('MGET', KEYS[lock + RELEASED])[1] == token", "ours"]],
  },
  "heartbeat leaves a free lock": {
    rule: "whatever meets a free lock hands it over",
    edits: [["lua/heartbeat.lua", "minted, settling = hand_over(lock)", ""]],
  },
  "heartbeat shows no life": {
    rule: "a heartbeat keeps the process's waiters alive",
    edits: [["lua/heartbeat.lua", "call('HSET', KEYS[lock + ALIVE], inbox, alive_till)", ""]],
  },
  "heartbeat does not keep the queue": {
    rule: "heartbeats push the end of the queue before them",
    edits: [["lua/heartbeat.lua", "call('PEXPIRE', KEYS[lock + QUEUE], queue_ttl)", ""]],
  },
  "heartbeat does not prolong the claim": {
    rule: "a claim lasts while its waiter's process is alive",
    edits: [["lua/heartbeat.lua", "call('PEXPIRE', KEYS[lock], CLAIM)", ""]],
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
        "local head = call('ZRANGE', KEYS[lock + QUEUE], '0', '0')[1]",
        "for i = first, last do call('ZADD', KEYS[lock + QUEUE], 'NX', exact(now), ARGV[i]) end\n  local head = call('ZRANGE', KEYS[lock + QUEUE], '0', '0')[1]",
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
    edits: [["lua/force-release.lua", "redis.pcall('PUBLISH', 'distlock:' .. inbox, holder .. ' 0 0')", ""]],
  },
  "who is missing does nothing": {
    rule: "a waiter that was dropped asks again",
    edits: [
      [
        "src/locker/heartbeats.ts",
        'else if (states[i] === "missing") waiter.missing();',
        'else if (states[i] === "missing") {}',
      ],
    ],
  },
  "who is missing asks without its ticket": {
    rule: "a waiter that was dropped gets its old place back",
    edits: [["src/locker/ask.ts", "ticket: place?.ticket", "ticket: place && 0"]],
  },
  "a push is never void": {
    rule: "a push that is older than the last answer is void",
    edits: [["src/locker/waiter.ts", "if (fence > this.#floor)", "if (fence > 0)"]],
  },
  "heartbeats leave the floor": {
    rule: "a push that is older than the last answer is void",
    edits: [["src/locker/waiter.ts", "      this.#floor = floor;\n", ""]],
  },
  "a push counts from its arrival": {
    rule: "a lease is counted from when the waiter was last heard",
    edits: [["src/locker/waiter.ts", "leaseEnd(this.#heardAt, claim)", "leaseEnd(now(), claim)"]],
  },
  "a heartbeat's grant counts from its arrival": {
    rule: "a lease is counted from when the request was sent",
    edits: [["src/locker/waiter.ts", "leaseEnd(sent, CLAIM)", "leaseEnd(now(), CLAIM)"]],
  },
  "an unanswered request counts": {
    rule: "the send time of an unanswered enqueue is that of its first sending",
    edits: [
      ["src/locker/waiter.ts", "    this.#asking = true;\n", "    this.#asking = true;\n    this.#heardAt = now();\n"],
    ],
  },
  "an unanswered heartbeat blocks the next": {
    rule: "a heartbeat waits for no other",
    edits: [
      [
        "src/locker/heartbeats.ts",
        "line.beatAt = sent + (isMute ? Math.max(pause, GROWTH * (sent - line.silentSince)) : pause);",
        "line.beatAt = pause < 0 && isMute ? sent : Number.POSITIVE_INFINITY;",
      ],
    ],
  },
  "a grant counts from its answer": {
    rule: "a lease is counted from when the request was sent",
    edits: [
      ["src/locker/acquire.ts", "const deadline = leaseEnd(sent, ttl);", "const deadline = leaseEnd(now(), ttl);"],
    ],
  },
  "an extension counts from its answer": {
    rule: "a lease is counted from when the request was sent",
    edits: [["src/locker/lock.ts", "leaseEnd(sent, ttl));", "leaseEnd(now(), ttl));"]],
  },
  "an extension forgets the longer lease": {
    rule: "the deadline is that of the longest lease that was acknowledged",
    edits: [["src/locker/lock.ts", "Math.max(this.#deadline, leaseEnd(sent, ttl));", "leaseEnd(sent, ttl);"]],
  },
  "no margin": {
    rule: "the holder counts on less than Redis gives",
    edits: [["src/driver/lease.ts", "2 + ttl * 0.01", "0 * ttl"]],
  },
  "a lock comes back": {
    rule: "a loss that was told stays",
    edits: [
      [
        "src/locker/lock.ts",
        'if (this.#state !== "held") return;\n    this.#failure = undefined;',
        "this.#failure = undefined;",
      ],
      ["src/locker/lock.ts", "leaseEnd(sent, ttl));\n    if (!this.isHeld) return;", "leaseEnd(sent, ttl));"],
      [
        "src/locker/lock.ts",
        '    return this.#state === "held";\n',
        '    return (this.#state === "held" || this.#state === "lost") && now() < this.#deadline;\n',
      ],
    ],
  },
  "a loss sends no release": {
    rule: "what ends a token sends a release",
    edits: [["src/locker/lock.ts", "if (!stolen || this.#ambiguous) this.#undo();", ""]],
  },
  "who gives up says nothing": {
    rule: "an abort, a timeout and close leave the queue",
    edits: [["src/locker/acquire.ts", "if (pending || ambiguous || place || taken) {", "if (false) {"]],
  },
  "who gives up leaves no tombstone": {
    rule: "a token that was given up is refused, in whatever order the two arrive",
    edits: [["src/locker/acquire.ts", "refuse: ambiguous || pending !== undefined", "refuse: false"]],
  },
  "a request that was given up is sent again": {
    rule: "the EVAL after a NOSCRIPT is not sent for a call that was abandoned",
    edits: [["src/redis/script.ts", " || call?.abandoned", ""]],
  },
  "a release that failed is not repeated": {
    rule: "a token that was given up is given back, whatever happens to the first try",
    edits: [["src/locker/undo.ts", "      } catch (error) {\n", "      } catch (error) {\n        return;\n"]],
  },
  "a late grant is kept": {
    rule: "a grant that comes after its token was given up is given back",
    edits: [["src/locker/undo.ts", 'if (reply.status === "granted")', "if (false)"]],
  },
  "a grant that became a lock is undone": {
    rule: "only a token that was given up is undone",
    edits: [
      [
        "src/locker/acquire.ts",
        "if (claimIsEnough && now() < heard.deadline) return",
        "if (now() < heard.deadline && pending) void undo(key, token, { pending, refuse: false });\n            if (now() < heard.deadline) return",
      ],
    ],
  },
  "a dead token is tried again": {
    rule: "a retry takes a new token",
    edits: [["src/locker/acquire.ts", "    token = newToken(inbox);\n    place = queued", "    place = queued"]],
  },
  "a claim is not extended": {
    rule: "who was handed a lock extends it to its ttl",
    edits: [["src/locker/lock.ts", "grant.claimed ? now() : ", ""]],
  },
  "the end of a lease is not awaited": {
    rule: "the first waiter looks when the holder's lease ends",
    edits: [["src/locker/heartbeats.ts", "Math.min(line.endsAt, now() + Math.max(remaining, 0) + 1)", "line.endsAt"]],
  },
  "hand-over trusts a clock that was set back": {
    rule: "a sign of life that is further ahead than the window does not count",
    edits: [["lua/lib/hand-over.lua", "till > now and till <= now + WINDOW + 1", "till > now"]],
  },
  "hand-over drops without end": {
    rule: "one script drops a bounded number of dead waiters",
    edits: [["lua/lib/hand-over.lua", "while dropped < MAX_DROPPED do", "while true do"]],
  },
  "a release that is to be asked again is not": {
    rule: "a release that met too many dead waiters is asked again",
    edits: [["src/redis/redis-driver.ts", "if (settling) release(request).catch(() => {});", ""]],
  },
  "acquire takes a lock whose dead waiters are being dropped": {
    rule: "nobody overtakes while dead waiters are dropped",
    edits: [["lua/lib/acquire.lua", "if not settling and call(", "if call("]],
  },
  "a refused message stops the hand-over": {
    rule: "a message is a hint: a hand-over does not need it",
    edits: [["lua/lib/hand-over.lua", "local sent = redis.pcall('PUBLISH'", "local sent = call('PUBLISH'"]],
  },
  "companions of others are overwritten": {
    rule: "a companion without a ttl is somebody else's",
    edits: [["lua/lib/foreign-companion.lua", "return call('PTTL', KEYS[index]) == -1", "return false"]],
  },
  "an outage is paid by the second": {
    rule: "the heartbeats without an answer are bounded",
    edits: [
      [
        "src/locker/heartbeats.ts",
        "(isMute ? Math.max(pause, GROWTH * (sent - line.silentSince)) : pause)",
        "(isMute ? pause : pause)",
      ],
    ],
  },
  "a deaf listener stays": {
    rule: "a listener that hears nothing is replaced",
    edits: [["src/locker/inbox.ts", "if (isOverdue) void written().then(() => expected >= DEAF && replace());", ""]],
  },
  "a lease is over before what has arrived is read": {
    rule: "after a stall, what has arrived counts before a lease is over",
    edits: [
      [
        "src/locker/lock.ts",
        "if (this.#unanswered === 0) this.#loseLease();",
        "if (this.#unanswered >= 0) this.#loseLease();",
      ],
    ],
  },
  "a handed-over lock is told before its extension is sent": {
    rule: "the extension of a handed-over lock is sent before its holder goes on",
    edits: [["src/locker/locker.ts", "if (grant.claimed) await written();", ""]],
  },
  "only an extended lock hears that it was forced out": {
    rule: "every lock hears that it was forced out",
    edits: [
      [
        "src/locker/keeper.ts",
        "for (const lock of held.values()) if (lock.token === token)",
        "for (const lock of kept) if (lock.token === token)",
      ],
    ],
  },
  "who is forced out frees nothing": {
    rule: "a lock that was said to be forced out is freed",
    edits: [["src/locker/lock.ts", "this.#undo(); // whoever may publish", "// whoever may publish"]],
  },
  "a floor from before the clock was set back stays": {
    rule: "the floor is that of the answer to the latest request",
    edits: [
      ["src/locker/waiter.ts", "      this.#floor = floor;\n", "      this.#floor = Math.max(this.#floor, floor);\n"],
    ],
  },
  "a new inbox checks nothing": {
    rule: "when messages may have been lost, all waiters are checked",
    edits: [["src/locker/queue.ts", "opened: () => heartbeats.checkAll()", "opened() {}"]],
  },
  "in process, a released token is refused for good": {
    rule: "a late copy of an acquire is refused after the release",
    tests: inProcess,
    edits: [["src/in-process/lock-state.ts", "live(released)?.token === token", "released?.value.token === token"]],
  },
  "in process, a queue does not end": {
    rule: "no companion is without a ttl",
    tests: inProcess,
    edits: [["src/in-process/wait-queue.ts", "if (until <= now()) tickets.clear();", ""]],
  },
  "in process, hand-over ignores freshness": {
    rule: "a lock is handed over only to a waiter whose process is alive",
    tests: inProcess,
    edits: [["src/in-process/wait-queue.ts", "(aliveUntil.get(inboxOf(token)) ?? 0) > now()", "true"]],
  },
  "in process, heartbeat does not prolong the claim": {
    rule: "a claim lasts while its waiter's process is alive",
    tests: inProcess,
    edits: [["src/in-process/in-process-driver.ts", "prolong(state.lease, CLAIM);", "{}"]],
  },
};
