const late = ["packages/memory/test/store/fenced-list.test.ts", "packages/memory/test/store/reading.test.ts"];
const again = ["packages/memory/test/store/sent-again.test.ts"];
const names = ["packages/memory/test/store/names.test.ts"];
const life = ["packages/memory/test/store/conversation-life.test.ts"];
const trimming = ["packages/memory/test/store/trimming.test.ts"];
const full = ["packages/memory/test/store/fenced-list.test.ts"];
const unknown = ["packages/memory/test/store/unknown-outcome.test.ts"];

const of = "packages/memory";

/**
 * Ways to break the store of the memory: as `mutations.mjs`, in the package that `of` names, seen by its `tests`.
 *
 * @type {Readonly<Record<string, { readonly of: string, readonly rule: string, readonly tests: readonly string[], readonly edits: readonly (readonly [file: string, from: string, to: string])[] }>>}
 */
export const memoryMutations = {
  "store: a lower fence is let in": {
    of,
    rule: "a fence below the highest is refused",
    tests: late,
    edits: [["lua/fenced-list.lua", "tonumber(meta.fence) > fence and", "false and"]],
  },
  "store: no fence is let in": {
    of,
    rule: "a write without a fence is refused where there are fences",
    tests: late,
    edits: [["lua/fenced-list.lua", "return meta.fence ~= '' and { 'unfenced', meta.fence } or nil", "return nil"]],
  },
  "store: a read does not stamp": {
    of,
    rule: "a read stamps its fence",
    tests: late,
    edits: [["lua/stamp.lua", "stamp()\nlocal left", "local left"]],
  },
  "store: the list is read before the stamp": {
    of,
    rule: "a turn reads nothing older than its stamp",
    tests: late,
    edits: [
      [
        "src/store/list-calls.ts",
        ": stampAndRead(keys, stampOf(fence), range);",
        ": connection.lists.lrange(list, ...range).then(async (texts) => [(await stampAndRead(keys, stampOf(fence), range))[0], texts]);",
      ],
    ],
  },
  "store: a copy is a write of its own": {
    of,
    rule: "a write is done once, though its command is sent again",
    tests: again,
    edits: [
      ["lua/write.lua", "if known('i', ARGV[5]) then\n    return { 'done' }", "if false then\n    return { 'done' }"],
    ],
  },
  "store: ids of a long turn are forgotten": {
    of,
    rule: "the last 10,000 ids of the highest fence are known",
    tests: again,
    edits: [["lua/write.lua", "not fence and UNFENCED or rose and LOWER or HIGHEST", "fence and LOWER or UNFENCED"]],
  },
  "store: few ids are known without a fence": {
    of,
    rule: "without a fence, the last 1,000 ids are known",
    tests: again,
    edits: [["lua/write.lua", "UNFENCED, NAMES = 100, 10000, 1000, 1000", "UNFENCED, NAMES = 100, 10000, 400, 1000"]],
  },
  "store: a late copy is said not to have been done": {
    of,
    rule: "of a late write that may have been done before, nobody says that it was not",
    tests: again,
    edits: [["lua/fenced-list.lua", "if why and fence <= (tonumber(meta.dropped) or 0) then", "if false then"]],
  },
  "store: a clear forgets what it forgets": {
    of,
    rule: "a clear remembers up to which fence ids are forgotten",
    tests: again,
    edits: [["lua/clear.lua", "drop_older()\n", "set('older', '')\n"]],
  },
  "store: a clear forgets its turn": {
    of,
    rule: "a clear keeps the ids of its turn, so that no copy brings cleared messages back",
    tests: again,
    edits: [["lua/clear.lua", "forget(meta.ids:sub(1, 1) == 'a' and '^ib:' or '^ia:')", "forget('^i[ab]:')"]],
  },
  "store: a loss of the fences is not seen": {
    of,
    rule: "a turn whose stamp is gone writes nothing",
    tests: again,
    edits: [["src/store/list-calls.ts", 'fence === stamped ? "1" : "0"', '"0"']],
  },
  "store: popped texts are kept": {
    of,
    rule: "what a pop took away is forgotten when another holder has come",
    tests: again,
    edits: [["lua/fenced-list.lua", "if pops == '1' then\n      forget('^p:')", "if false then\n      forget('^p:')"]],
  },
  "store: any write of a name is that which was done": {
    of,
    rule: "another write under a used name is refused",
    tests: names,
    edits: [["lua/write.lua", "digest == ARGV[7] and 'before' or 'differs'", "'before'"]],
  },
  "store: a name depends on the order of fields": {
    of,
    rule: "a write is the same if its messages say the same",
    tests: names,
    edits: [["src/store/write-digest.ts", "texts.map(canonical)", "texts"]],
  },
  "store: a name outlives a clear": {
    of,
    rule: "a clear forgets the names",
    tests: names,
    edits: [
      ["lua/clear.lua", "forget('^n[ab]:')\n", ""],
      ["lua/clear.lua", "set('names', '')\n", ""],
      ["lua/write.lua", "meta.names ~= '' and not goes_on", "false"],
    ],
  },
  "store: a name outlives the ttl": {
    of,
    rule: "the names end with the conversation",
    tests: life,
    edits: [["lua/write.lua", "ARGV[6] ~= '' and goes_on and known", "ARGV[6] ~= '' and known"]],
  },
  "store: names of the dead come back": {
    of,
    rule: "a conversation that begins anew knows no earlier name",
    tests: life,
    edits: [["lua/write.lua", "meta.names ~= '' and not goes_on", "false"]],
  },
  "store: an emptied conversation is over": {
    of,
    rule: "a conversation without messages goes on unless it was cleared or has expired",
    tests: names,
    edits: [["lua/write.lua", "redis.call('HSET', writes, 'empty', empty)", ""]],
  },
  "store: names without bound": {
    of,
    rule: "only so many names are kept",
    tests: names,
    edits: [["lua/write.lua", "gone[#gone + 1] = '^n' .. names .. ':'", ""]],
  },
  "store: few names": {
    of,
    rule: "the last 1,000 names are known",
    tests: names,
    edits: [["lua/write.lua", "UNFENCED, NAMES = 100, 10000, 1000, 1000", "UNFENCED, NAMES = 100, 10000, 1000, 400"]],
  },
  "store: a long name is kept as it is": {
    of,
    rule: "the digest of a name is short",
    tests: names,
    edits: [["src/store/write-digest.ts", "=> digest(idempotencyKey)", "=> idempotencyKey"]],
  },
  "store: ids without bound": {
    of,
    rule: "only so many ids of lower fences are kept",
    tests: life,
    edits: [["lua/write.lua", "gone[#gone + 1] = '^i' .. half .. ':'", ""]],
  },
  "store: an old ttl stays": {
    of,
    rule: "a write without a ttl ends the ttl of an earlier write",
    tests: life,
    edits: [["lua/write.lua", "redis.call('PERSIST', list)", ""]],
  },
  "store: what a turn reads may expire under way": {
    of,
    rule: "a turn's read keeps the conversation for as long as its reader would",
    tests: life,
    edits: [["lua/stamp.lua", "redis.call('PEXPIRE', list, ARGV[4])", ""]],
  },
  "store: a read of an instance without a ttl does not keep it": {
    of,
    rule: "a turn's read keeps the conversation for as long as its reader would",
    tests: life,
    edits: [["lua/stamp.lua", "redis.call('PERSIST', list)", ""]],
  },
  "store: a turn's read ends it sooner": {
    of,
    rule: "a read never shortens the life of a conversation",
    tests: life,
    edits: [["lua/stamp.lua", "left >= 0 and left < tonumber(ARGV[4])", "left >= 0"]],
  },
  "store: the fence goes with the list": {
    of,
    rule: "the record of the writes outlives the list by a day",
    tests: life,
    edits: [["lua/fenced-list.lua", "math.max(left, 0) + tonumber(ARGV[3])", "math.max(left, 1)"]],
  },
  "store: the fence of a list without ttl expires": {
    of,
    rule: "the record of the writes lives as long as the list",
    tests: life,
    edits: [["lua/fenced-list.lua", "redis.call('PERSIST', writes)", "redis.call('PEXPIRE', writes, ARGV[3])"]],
  },
  "store: a clear leaves the named writes": {
    of,
    rule: "a clear leaves nothing that anybody said or named",
    tests: life,
    edits: [["lua/clear.lua", "forget('^n[ab]:')\n", ""]],
  },
  "store: a full server does half of a replace": {
    of,
    rule: "a script is refused for want of memory before it has done anything",
    tests: full,
    edits: [["lua/replace.lua", "remember()\nredis.call('DEL', list)", "redis.call('DEL', list)\nremember()"]],
  },
  "store: a full server refuses a clear": {
    of,
    rule: "what frees memory is never refused",
    tests: full,
    edits: [
      [
        "lua/clear.lua",
        "redis.call('DEL', list) -- first, as it is never refused for want of memory\nremember()",
        "remember()\nredis.call('DEL', list)",
      ],
    ],
  },
  "store: a full server forgets before it refuses": {
    of,
    rule: "a script is refused for want of memory before it has done anything",
    tests: full,
    edits: [
      [
        "lua/write.lua",
        "  save()\n  for _, pattern in ipairs(gone) do\n    forget(pattern)\n  end\n",
        "  for _, pattern in ipairs(gone) do\n    forget(pattern)\n  end\n  save()\n",
      ],
    ],
  },
  "store: trimmed anywhere": {
    of,
    rule: "a trimmed conversation begins with a turn",
    tests: trimming,
    edits: [["lua/bound.lua", "seek(start, last, 1, is_turn)\n    or ", ""]],
  },
  "store: trimmed to a tool's result": {
    of,
    rule: "a trimmed conversation never begins with a tool's result",
    tests: trimming,
    edits: [["lua/bound.lua", "    or seek(start, last, 1, is_no_result)\n", ""]],
  },
  "store: trimmed to nothing": {
    of,
    rule: "a call and its results stay together",
    tests: trimming,
    edits: [["lua/bound.lua", "    or start < size and seek(start - 1, least, -1, is_no_result)\n", ""]],
  },
  "store: the system's message is trimmed": {
    of,
    rule: "a leading message of the system is kept",
    tests: trimming,
    edits: [["lua/bound.lua", "  if head then\n    redis.call('LPUSH', list, head)\n  end\n", ""]],
  },
  "store: a tool's result is a turn": {
    of,
    rule: "a user's message with a tool's result begins no turn",
    tests: trimming,
    edits: [["lua/bound.lua", "part.type == 'tool_result'", "false"]],
  },
  "store: a write that does not fit is trimmed away": {
    of,
    rule: "a write never drops the messages that it adds",
    tests: trimming,
    edits: [["lua/append.lua", "no() or full(11)", "no()"]],
  },
  "store: no answer is the client's error": {
    of,
    rule: "a write without an answer says that nobody knows whether it was done",
    tests: unknown,
    edits: [["src/store/list-reply.ts", "error instanceof RangeError ||", "true ||"]],
  },
  "store: a refusal by a replica is sure": {
    of,
    rule: "only what says for sure that nothing was done is the client's own error",
    tests: unknown,
    edits: [["src/store/list-reply.ts", "(ERR|OOM|", "(READONLY|ERR|OOM|"]],
  },
};
