/** The in-process driver has the rules of the scripts: it is compared with them. */
const inProcess = ["test/model/agreement.test.ts"];

/**
 * Ways to break the queue. Each takes one rule out of the source and must make the model fail, or else its own `tests`; `edits`
 * are texts in packages/core, each of which is there once. `rule` is a heading of docs/internals/protocol.md, which says what
 * the rule is for.
 *
 * @type {Readonly<Record<string, { readonly rule: string, readonly tests?: readonly string[], readonly edits: readonly (readonly [file: string, from: string, to: string])[] }>>}
 */
export const mutations = {
  "hand-over ignores freshness": {
    rule: "A lock is handed over only to a waiter whose process is alive",
    edits: [
      ["lua/lib/hand-over.lua", "alive[inbox] = till > now and till <= now + WINDOW + 1", "alive[inbox] = till >= 0"],
    ],
  },
  "hand-over leaves the waiter in the queue": {
    rule: "A hand-over takes the waiter out of the queue",
    edits: [
      [
        "lua/lib/hand-over.lua",
        "call('ZREMRANGEBYSCORE', queue, '(0', ticket)",
        "call('ZREMRANGEBYSCORE', queue, '(0', '(' .. ticket)",
      ],
    ],
  },
  "hand-over mints no fence": {
    rule: "Every grant has a fence of its own",
    edits: [["lua/lib/hand-over.lua", "mint(lock, last, CLAIM)", "tonumber(last) or mint(lock, nil, CLAIM)"]],
  },
  "hand-over notifies nobody": {
    rule: "A hand-over notifies the new holder at once",
    edits: [["lua/lib/hand-over.lua", "redis.pcall('PUBLISH', 'distlock:' .. inbox_of(token), message)", "0"]],
  },
  "fences are formatted by Lua": {
    rule: "A fence is written with all its digits",
    edits: [["lua/lib/clock.lua", "local WHOLE = '%.0f'", "local WHOLE = '%.14g'"]],
  },
  "the fence is only the clock": {
    rule: "A fence is above the last one and not behind the server's clock",
    edits: [
      ["lua/lib/fence.lua", "math.max((tonumber(last) or 0) + 1, micros())", "math.floor(micros() / 1e6) * 1000000"],
    ],
  },
  "the fence is only counted": {
    rule: "A fence is above the last one and not behind the server's clock",
    edits: [["lua/lib/fence.lua", "math.max((tonumber(last) or 0) + 1, micros())", "(tonumber(last) or 0) + 1"]],
  },
  "good work frees its key": {
    rule: "A job that is done keeps its key until its period is over",
    tests: ["packages/core/test/once.test.ts"],
    edits: [
      ["src/locker/once.ts", "  await keep().catch(warnOfOutage);\n", '  await releaseLock(held, "released");\n'],
    ],
  },
  "a job keeps its key by an extension": {
    rule: "A kept key has a token and a lease of its own",
    tests: ["packages/core/test/once.test.ts"],
    edits: [
      [
        "src/locker/hold/keep-lock.ts",
        "tools.driver.transfer!({ key, from: grant.token, to, ttl });",
        'tools.driver.extend({ key, token: grant.token, ttl }).then((reply) => ({ status: reply === "held" ? "granted" : "lost" }) as const);',
      ],
    ],
  },
  "a period counts from its deadline": {
    rule: "A period counts from when the reply to its grant is read",
    tests: ["packages/core/test/once.test.ts"],
    edits: [["src/locker/once.ts", "held.heldSince + per", "held.deadline - held.ttl + per"]],
  },
  "the end of a job is sent once": {
    rule: "The end of a job is sent until it is answered",
    tests: ["packages/core/test/once.test.ts"],
    edits: [["src/locker/hold/keep-lock.ts", "      if (isLasting(error)) break;\n", "      break;\n"]],
  },
  "one lock's error stops the others of its command": {
    rule: "A command for many locks answers for each of them",
    edits: [["lua/lib/batch.lua", "= pcall(run, ...)", "= true, run(...)"]],
  },
  "acquire grants a dead token": {
    rule: "A token that was given up is refused, whichever of acquire and release arrives first",
    edits: [["lua/lib/dead.lua", "micros() / 1000)", "-score)"]],
  },
  "acquire grants a released token": {
    rule: "A late copy of an acquire is refused after the release",
    edits: [
      ["lua/lib/dead.lua", "return released == token", "return false"],
      ["lua/lib/dead.lua", "and micros() or", "and -score or"],
      ["lua/lib/acquire.lua", "is_released and released ~= token", "is_released"],
    ],
  },
  "acquire grants a token that was forced out": {
    rule: "A token that was forced out does not come back",
    edits: [["lua/force-release.lua", "refuse(1, holder,", "refuse(1, '',"]],
  },
  "acquire overtakes": {
    rule: "A script that meets a free lock hands it over first",
    edits: [["lua/lib/acquire.lua", "local minted, settling = hand_over(lock, last)", "local minted, settling"]],
  },
  "acquire shortens": {
    rule: "No script shortens the lease of its own token",
    edits: [["lua/lib/confirm.lua", "if left < tonumber(ttl) then", "if true then"]],
  },
  "acquire never prolongs": {
    rule: "An acquire by the holder confirms the lock for the whole ttl",
    edits: [["lua/lib/confirm.lua", "if left < tonumber(ttl) then", "if false then"]],
  },
  "acquire's floor is the stored fence": {
    rule: "The floor is never behind the server's clock",
    edits: [["lua/lib/acquire.lua", "math.max(micros(), tonumber(last) or 0)", "tonumber(last) or 0"]],
  },
  "heartbeat's floor is the stored fence": {
    rule: "The floor is never behind the server's clock",
    edits: [["lua/heartbeat.lua", "tonumber(fence) > now and fence or now_text", "fence"]],
  },
  "tickets are only the clock": {
    rule: "No two waiters of a key have the same ticket",
    edits: [["lua/lib/enqueue.lua", "math.max(micros(), last_ticket + 1)", "micros()"]],
  },
  "acquire ignores the ticket": {
    rule: "A waiter that was dropped gets its old place back",
    edits: [["lua/lib/enqueue.lua", "place = tonumber(ticket)", "place = 0"]],
  },
  "enqueueing shows no life": {
    rule: "A waiter counts as alive from its first request on",
    edits: [["lua/lib/enqueue.lua", "alive_till, sign, string.format", "string.format"]],
  },
  "the queue has no ttl": {
    rule: "Every companion has a ttl",
    edits: [
      ["lua/lib/put.lua", "if left < life then", "if false then"],
      ["lua/lib/put.lua", "if released or left < 0 then", "if false then"],
      ["lua/lib/free.lua", "call('PEXPIRE', KEYS[lock + QUEUE], math.max(left, queue_left))", ""],
      ["lua/heartbeat.lua", "call('PEXPIRE', queue, life)", ""],
      ["lua/lib/queue.lua", "if left == -1 then", "if false then"],
    ],
  },
  "extend shortens": {
    rule: "No script shortens the lease of its own token",
    edits: [["lua/extend.lua", "if left < ttl then", "if true then"]],
  },
  "extend asks no token": {
    rule: "Only the holder's token extends or frees a lock",
    edits: [["lua/extend.lua", "if holder_of(lock) == token then", "if holder_of(lock) then"]],
  },
  "release asks no token": {
    rule: "Only the holder's token extends or frees a lock",
    edits: [
      ["lua/release.lua", "if holder == token and", "if holder and"],
      ["lua/release.lua", "local ours, minted, settling = holder == token,", "local ours, minted, settling = holder,"],
    ],
  },
  "release hands nothing over": {
    rule: "The script that frees a lock grants it to the next waiter",
    edits: [["lua/release.lua", "minted, settling = hand_over(lock, last)", ""]],
  },
  "a stale release leaves a free lock": {
    rule: "A script that meets a free lock hands it over first",
    edits: [["lua/release.lua", "(ours or call('EXISTS', KEYS[lock]) == 0)", "ours"]],
  },
  "release leaves no tombstone": {
    rule: "A token that was given up is refused, whichever of acquire and release arrives first",
    edits: [["lua/release.lua", "refuse(lock, token, released, tonumber(tombstone_ttl))", ""]],
  },
  "release keeps the waiter in the queue": {
    rule: "A wait that ends takes its token out of the queue",
    edits: [["lua/release.lua", "call('ZREM', KEYS[lock + QUEUE], token)", "0"]],
  },
  "a repeated release is not ours": {
    rule: "A release that is sent again gets the same reply",
    edits: [
      ["lua/release.lua", "local counts = ours or was_released(lock, token, kind, released)", "local counts = ours"],
    ],
  },
  "heartbeat leaves a free lock": {
    rule: "A script that meets a free lock hands it over first",
    edits: [["lua/heartbeat.lua", "minted, settling = hand_over(lock, known[2])", ""]],
  },
  "heartbeat shows no life": {
    rule: "A heartbeat keeps the waiters of its process alive",
    edits: [["lua/heartbeat.lua", "call('ZADD', queue, alive_till, sign)", ""]],
  },
  "heartbeat does not keep the queue": {
    rule: "A heartbeat keeps the queue from expiring",
    edits: [["lua/heartbeat.lua", "call('PEXPIRE', queue, life)", ""]],
  },
  "heartbeat does not prolong the claim": {
    rule: "A claim lasts while the process of its waiter is alive",
    edits: [["lua/heartbeat.lua", "call('PEXPIRE', KEYS[lock], CLAIM)", ""]],
  },
  "heartbeat shortens": {
    rule: "No script shortens the lease of its own token",
    edits: [["lua/heartbeat.lua", "if left < tonumber(CLAIM) then", "if true then"]],
  },
  "heartbeat enqueues": {
    rule: "Only an acquire puts a token into the queue",
    edits: [
      [
        "lua/heartbeat.lua",
        "local head = not known[3] and first_waiter(queue)",
        "if not known[3] then for i = first, last do call('ZADD', queue, 'NX', string.format(WHOLE, now), ARGV[i]) end end\n  local head = not known[3] and first_waiter(queue)",
      ],
    ],
  },
  "heartbeat never says missing": {
    rule: "A waiter that was dropped learns so and asks again",
    edits: [["lua/heartbeat.lua", "local token, state = ARGV[i], 'm'", "local token, state = ARGV[i], '0'"]],
  },
  "heartbeat never says granted": {
    rule: "A heartbeat finds a grant whose message was lost",
    edits: [["lua/heartbeat.lua", "state = 'g'", "state = '0'"]],
  },
  "forceRelease hands nothing over": {
    rule: "The script that frees a lock grants it to the next waiter",
    edits: [["lua/force-release.lua", "hand_over(1, known[1])", ""]],
  },
  "forceRelease notifies nobody": {
    rule: "A forced release notifies the holder, whatever kind of lock it has",
    edits: [
      ["lua/force-release.lua", "redis.pcall('PUBLISH', 'distlock:' .. inbox, holder .. ' 0 0 ' .. ARGV[2])", ""],
    ],
  },
  "forceRelease ignores its fence": {
    rule: "A forced release with a fence frees that hold only",
    edits: [["lua/force-release.lua", "known[1] ~= ARGV[1] or ", ""]],
  },
  "a fence frees another library's hold": {
    rule: "A forced release with a fence frees that hold only",
    edits: [["lua/force-release.lua", " or not is_token(holder)", ""]],
  },
  "a missing waiter does nothing": {
    rule: "A waiter that was dropped learns so and asks again",
    edits: [
      [
        "src/locker/queue/heartbeats.ts",
        'else if (states[i] === "missing") waiter.foundMissing();',
        'else if (states[i] === "missing") {}',
      ],
    ],
  },
  "a missing waiter asks without its ticket": {
    rule: "A waiter that was dropped gets its old place back",
    edits: [
      [
        "src/locker/acquire/request.ts",
        "{ keys, token, ttl, place }",
        "{ keys, token, ttl, place: place && { ...place, ticket: 0 } }",
      ],
    ],
  },
  "a push is never void": {
    rule: "A push that is older than the last reply is void",
    edits: [["src/locker/queue/waiter.ts", "if (fence > this.#floor)", "if (fence > 0)"]],
  },
  "heartbeats leave the floor": {
    rule: "A push that is older than the last reply is void",
    edits: [["src/locker/queue/waiter.ts", "      this.#floor = floor;\n", ""]],
  },
  "a push counts from its arrival": {
    rule: "A pushed lease counts from the last request that was answered",
    edits: [["src/locker/queue/waiter.ts", "leaseEnd(this.#answeredSentAt, claim)", "leaseEnd(now(), claim)"]],
  },
  "a heartbeat's grant counts from its arrival": {
    rule: "A lease counts from when its request was sent",
    edits: [["src/locker/queue/waiter.ts", "leaseEnd(sent, CLAIM)", "leaseEnd(now(), CLAIM)"]],
  },
  "an unanswered request counts": {
    rule: "A request without a reply does not count",
    edits: [
      [
        "src/locker/queue/waiter.ts",
        "    this.#isAsking = true;\n",
        "    this.#isAsking = true;\n    this.#answeredSentAt = now();\n",
      ],
    ],
  },
  "an unanswered heartbeat blocks the next": {
    rule: "A heartbeat does not wait for the reply to another one",
    edits: [
      [
        "src/locker/queue/line.ts",
        "line.beatAt = sent + (isSilent(line) ? Math.max(pause, GROWTH * (sent - line.silentSince)) : pause);",
        "line.beatAt = pause < 0 && isMute ? sent : Number.POSITIVE_INFINITY;",
      ],
    ],
  },
  "a grant counts from its reply": {
    rule: "A lease counts from when its request was sent",
    edits: [
      [
        "src/locker/acquire/candidate.ts",
        "leaseEnd(this.#sentAt, this.options.ttl);",
        "leaseEnd(now(), this.options.ttl);",
      ],
    ],
  },
  "an extension counts from its reply": {
    rule: "A lease counts from when its request was sent",
    edits: [["src/locker/hold/held-lock.ts", "leaseEnd(sent, ttl));", "leaseEnd(now(), ttl));"]],
  },
  "an extension forgets the longer lease": {
    rule: "The longest lease that was acknowledged sets the deadline",
    edits: [["src/locker/hold/held-lock.ts", "Math.max(this.deadline, leaseEnd(sent, ttl));", "leaseEnd(sent, ttl);"]],
  },
  "no margin": {
    rule: "The holder counts on less than Redis granted",
    edits: [["src/driver/lease.ts", "2 + ttl * 0.01", "0 * ttl"]],
  },
  "a lock comes back": {
    rule: "A loss that was reported stays",
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
    rule: "A loss sends a release",
    edits: [["src/locker/hold/held-lock.ts", "if (cause !== TAKEN || this.grant.outcomeUnknown) this.#giveUp();", ""]],
  },
  "giving up sends nothing": {
    rule: "A wait that ends takes its token out of the queue",
    edits: [["src/locker/acquire/acquire.ts", "await candidate.giveUp(error);", ""]],
  },
  "giving up leaves no tombstone": {
    rule: "A token that was given up is refused, whichever of acquire and release arrives first",
    edits: [["src/locker/acquire/candidate.ts", "{ tombstone, inFlight", "{ tombstone: false, inFlight"]],
  },
  "a request that was given up is sent again": {
    rule: "An abandoned call is not sent again after NOSCRIPT",
    edits: [["src/redis/script.ts", " || call?.abandoned", ""]],
  },
  "a release that failed is not repeated": {
    rule: "The release of a token that was given up is repeated until it is answered",
    edits: [["src/locker/give-up-token.ts", "      } catch (error) {\n", "      } catch (error) {\n        return;\n"]],
  },
  "a late grant is kept": {
    rule: "A grant that arrives after its token was given up is released",
    edits: [["src/locker/give-up-token.ts", 'if (reply.status === "granted")', "if (false)"]],
  },
  "a grant that became a lock is undone": {
    rule: "Only a token that was given up is undone",
    edits: [
      [
        "src/locker/acquire/candidate.ts",
        "    const queued = claimed ||",
        "    const inFlight = this.#inFlight;\n    if (claimed && inFlight) void this.#tools.giveUpToken(this.keys[0], this.#token, { tombstone: false, inFlight });\n    const queued = claimed ||",
      ],
    ],
  },
  "a dead token is tried again": {
    rule: "A dead token is replaced by a new one",
    edits: [["src/locker/acquire/candidate.ts", "this.#token = newToken(", "this.#token ||= newToken("]],
  },
  "a claim is not extended": {
    rule: "A handed-over lock is extended to its ttl",
    edits: [["src/locker/hold/held-lock.ts", "grant.claimed ? now() : ", ""]],
  },
  "the end of a lease is not awaited": {
    rule: "The first waiter looks when the holder's lease ends",
    edits: [
      ["src/locker/queue/heartbeats.ts", "Math.min(line.endsAt, now() + Math.max(remaining, 0) + 1)", "line.endsAt"],
    ],
  },
  "hand-over trusts a clock that was set back": {
    rule: "A sign of life further ahead than the window does not count",
    edits: [["lua/lib/hand-over.lua", "till > now and till <= now + WINDOW + 1", "till > now"]],
  },
  "hand-over drops without end": {
    rule: "One script drops a bounded number of dead waiters",
    edits: [["lua/lib/hand-over.lua", "while dropped < MAX_DROPPED do", "while true do"]],
  },
  "a release that is to be asked again is not": {
    rule: "A release that met too many dead waiters is sent again",
    edits: [["src/redis/redis-driver.ts", "void scripts.release(request).catch(() => {})", "void request"]],
  },
  "acquire takes a lock whose dead waiters are being dropped": {
    rule: "No newcomer overtakes while dead waiters are dropped",
    edits: [["lua/lib/acquire.lua", "if minted or settling then", "if minted then"]],
  },
  "a refused message stops the hand-over": {
    rule: "A hand-over does not need its message",
    edits: [["lua/lib/hand-over.lua", "local sent = redis.pcall('PUBLISH'", "local sent = call('PUBLISH'"]],
  },
  "companions of others are overwritten": {
    rule: "A companion without a ttl belongs to somebody else",
    edits: [
      ["lua/lib/foreign-fence.lua", "call('PTTL', KEYS[lock + FENCE]) == -1", "false"],
      ["lua/lib/queue.lua", "if left == -1 then", "if false then"],
    ],
  },
  "a silence outlasts the outage": {
    rule: "The first reply after a silence makes all silent lines due",
    tests: ["packages/core/test/heartbeats.test.ts"],
    edits: [["src/locker/queue/heartbeats.ts", "if (wasSilent) endSilence();", ""]],
  },
  "an outage is paid by the second": {
    rule: "The number of unanswered heartbeats is bounded",
    edits: [
      [
        "src/locker/queue/line.ts",
        "(isSilent(line) ? Math.max(pause, GROWTH * (sent - line.silentSince)) : pause)",
        "(isSilent(line) ? pause : pause)",
      ],
    ],
  },
  "a deaf listener stays": {
    rule: "A listener that receives nothing is replaced",
    edits: [["src/locker/queue/message-watch.ts", "      if (missed >= DEAF) onDeaf();\n", ""]],
  },
  "a lease is over before the replies that have arrived are read": {
    rule: "After a stall, the replies that have arrived count before a lease is over",
    edits: [
      [
        "src/locker/hold/held-lock.ts",
        "if (!this.extensions.some) this.#expired();",
        "if (this.extensions) this.#expired();",
      ],
    ],
  },
  "a handed-over lock is announced before its extension is sent": {
    rule: "The extension of a handed-over lock is sent before its holder goes on",
    edits: [["src/locker/hold/lock-calls.ts", "  await clientsFlushed();\n", ""]],
  },
  "only an extended lock learns that it was forced out": {
    rule: "A forced release notifies the holder, whatever kind of lock it has",
    edits: [
      [
        "src/locker/hold/lease-monitor.ts",
        "for (const lock of held.values()) if (lock.grant.token === token)",
        "for (const lock of kept) if (lock.grant.token === token)",
      ],
    ],
  },
  "a holder that is forced out frees nothing": {
    rule: "A lock that is reported as forced out is freed",
    edits: [
      [
        "src/locker/hold/held-lock.ts",
        "cause !== TAKEN || this.grant.outcomeUnknown",
        "!isReported || this.grant.outcomeUnknown",
      ],
    ],
  },
  "a floor from before the clock was set back stays": {
    rule: "The reply to the latest request sets the floor",
    edits: [
      [
        "src/locker/queue/waiter.ts",
        "      this.#floor = floor;\n",
        "      this.#floor = Math.max(this.#floor, floor);\n",
      ],
    ],
  },
  "a new inbox checks nothing": {
    rule: "A listener that opens has all waiters checked",
    edits: [["src/locker/queue/queue.ts", "      heartbeats.checkAll();\n", ""]],
  },
  "a new inbox checks no hold": {
    rule: "A listener that opens has all held locks checked",
    tests: ["packages/core/test/forced-out.test.ts"],
    edits: [["src/locker/queue/queue.ts", "      holds.checkAll();\n", ""]],
  },
  "a holder listens to nothing": {
    rule: "A locker that holds a lock for long listens",
    tests: ["packages/core/test/forced-out.test.ts"],
    edits: [["src/locker/hold/long-holds.ts", "    listen(key);\n", ""]],
  },
  "a forced release keeps no reason": {
    rule: "The replies to a token that was forced out have the reason",
    edits: [["lua/force-release.lua", "  keep_reason(1, holder, ARGV[2])\n", ""]],
  },
  "a grant from a queue of the past is kept": {
    rule: "A grant to a token that no longer waits is passed on",
    tests: ["packages/core/test/retired-tokens.test.ts"],
    edits: [["src/locker/queue/retired-tokens.ts", "if (known && fence > known.fence)", "if (false)"]],
  },
  "a refused heartbeat is ignored": {
    rule: "A heartbeat that is refused ends the waits of its key",
    tests: ["packages/core/test/heartbeats.test.ts"],
    edits: [["src/locker/queue/heartbeats.ts", "if (isLasting(error))", "if (false)"]],
  },
  "an outage is called contention": {
    rule: "A wait without replies ends as an outage",
    tests: ["packages/core/test/ambiguity.test.ts"],
    edits: [
      [
        "src/locker/acquire/diagnosis.ts",
        "return this.#failure !== undefined || now() - silentSince > patience",
        "return false",
      ],
    ],
  },
  "a request without a reply is not sent again": {
    rule: "A request without a reply is sent again",
    tests: ["packages/core/test/unanswered.test.ts"],
    edits: [
      [
        "src/locker/acquire/candidate.ts",
        'if (this.options.timeout > ANSWER_TIMEOUT) this.#mailbox.remind(patience, { status: "unanswered" });',
        "",
      ],
    ],
  },
  "an earlier lock of the key goes on": {
    rule: "A later grant of a key ends the earlier lock of its locker",
    tests: ["packages/core/test/hold.test.ts"],
    edits: [
      [
        "src/locker/hold/lease-monitor.ts",
        "if (earlier && earlier.fence < lock.fence && earlier.deadline > now()) earlier.lost(TAKEN);",
        "",
      ],
    ],
  },
  "a reply that a message has overtaken does not count": {
    rule: "A reply that a message has overtaken still counts",
    tests: ["packages/core/test/unanswered.test.ts"],
    edits: [["src/locker/hold/held-lock.ts", 'if (status === "granted" && this.state === "held")', "if (false)"]],
  },
  "a lock of several keys outlives one of them": {
    rule: "A lock of several keys is lost as a whole",
    tests: ["packages/core/test/multi-lock.test.ts"],
    edits: [["src/locker/multi-lock.ts", "for (const part of this.#parts) part.onPartLost(reason);", ""]],
  },
  "a wait ends before the replies that have arrived are read": {
    rule: "After a stall, the replies that have arrived count before a wait ends",
    tests: ["packages/core/test/stalled-wait.test.ts"],
    edits: [["src/locker/acquire/mailbox.ts", "clock.immediate(end)", "end()"]],
  },
  "keys are taken in the caller's order": {
    rule: "All calls take several keys in one order",
    tests: ["packages/core/test/several-keys.test.ts"],
    edits: [["src/driver/keys.ts", "compare(hashed(a), hashed(b)) || compare(a, b)", "0 * compare(a, b)"]],
  },
  "a claim is enough for several keys": {
    rule: "A push is not enough for several keys or for replicas",
    tests: ["packages/core/test/several-keys.test.ts"],
    edits: [
      [
        "src/locker/acquire/acquire.ts",
        "return keys.length === 1 && waitReplicas === 0 ? waitInQueue",
        "return waitReplicas === 0 ? waitInQueue",
      ],
    ],
  },
  "an inbox is named after its process": {
    rule: "An inbox has a random name",
    tests: ["packages/core/test/inbox-name.test.ts"],
    edits: [["src/locker/token.ts", 'randomBytes(12).toString("base64url")', 'String(process.pid).padStart(16, "0")']],
  },
  "two locks share their companions": {
    rule: "No two locks share a companion",
    tests: ["packages/core/test/keys.test.ts"],
    edits: [["src/driver/keys.ts", "key}}~`", "key}}:`"]],
  },
  "a transfer keeps the fence": {
    rule: "A transfer is a grant",
    edits: [["lua/transfer.lua", "end\nreturn mint(1, last, ttl)", "end\nreturn tonumber(last)"]],
  },
  "a transfer leaves its first token alive": {
    rule: "A transfer is a grant",
    edits: [["lua/transfer.lua", "free(1, from, kind, queue_left)", "call('DEL', KEYS[1])"]],
  },
  "a transfer asks no token": {
    rule: "A transfer is a grant",
    edits: [["lua/transfer.lua", "if holder ~= from then", "if not holder then"]],
  },
  "a release begins with a ZADD": {
    rule: "A script that frees begins with a command that is never refused",
    edits: [["lua/lib/free.lua", "    call('ZREMRANGEBYSCORE', KEYS[lock + QUEUE], '-inf', BELOW_ALL_MS)\n", ""]],
  },
  "in process, a released token is refused for good": {
    rule: "A late copy of an acquire is refused after the release",
    tests: inProcess,
    edits: [["src/in-process/lock-state.ts", "live(released) === token", "released?.value === token"]],
  },
  "in process, a queue does not end": {
    rule: "Every companion has a ttl",
    tests: inProcess,
    edits: [["src/in-process/wait-queue.ts", "if (data.until <= now()) tickets.clear();", ""]],
  },
  "in process, hand-over ignores freshness": {
    rule: "A lock is handed over only to a waiter whose process is alive",
    tests: inProcess,
    edits: [["src/in-process/wait-queue.ts", "isFresh(aliveUntil.get(inboxOf(token)) ?? 0)", "true"]],
  },
  "in process, heartbeat does not prolong the claim": {
    rule: "A claim lasts while the process of its waiter is alive",
    tests: inProcess,
    edits: [["src/in-process/in-process-driver.ts", "prolong(state.lease, CLAIM);", "{}"]],
  },
};
