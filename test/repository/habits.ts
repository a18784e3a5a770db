import type { Prose } from "./prose";

/** A habit of our English that readers stumble over, and its cure. CONTRIBUTING.md explains them. */
interface Habit {
  readonly pattern: RegExp;
  readonly cure: string;
  /** Where it is looked for; everywhere if absent. */
  readonly kind?: Prose["kind"];
}

const participles =
  "told|asked(?: for)?|given|answered|sent|written|said|saved|stored|kept|held|cleared|passed|built|recorded|prepared|read|acknowledged|granted|known|named|added|undone|published|expected|refused|lost|taken|shown|found|done|missing|there|due|no|neither";

const habits: readonly Habit[] = [
  {
    pattern: /\b(?:gives|gave)\b(?!\s+(?:[\w']+\s+){0,3}up\b)|\bgiv(?:e|en|es|ing)\s+(?:back|out|free)\b/gi,
    cure: 'write "returns", "resolves with", "grants" or "passes"',
  },
  {
    pattern:
      /\b(?:is|are|was|were|be|been)\s+(?:\w+\s+)?told\b(?!\s+apart)|\btold\s+(?:by|of)\b|\btells?\s+(?:of|nobody|what|its|each)\b|\bhears?\b|\bheard\b/gi,
    cure: 'write "receives", "is notified" or "learns", with the message as its object',
  },
  {
    pattern:
      /(?<!\bthere\s)\b(?:is|are|was|were)\s+(?:no\s+(?!longer\b|more\b|less\b|later\b|earlier\b|exception\b)\w|none\b(?!\s+of\b))/gi,
    cure: 'write "is not a …"',
  },
  { pattern: /\bwhoever\b/gi, cure: "name the person or the process" },
  {
    pattern:
      /(?:(?<=^\s*|[.:;]\s+)who|\b(?:to|from|for|by|than|refuses|grants)\s+who)\s+(?:is|are|was|has|have|had|waits?|holds?|asks?|wants?|needs?|uses?|writes?|reads?|gives?|takes?)\b(?![^.;]*\?)/gi,
    cure: "name it: the caller, the waiter, the holder",
  },
  {
    pattern: new RegExp(
      String.raw`(?<!\?\s)\bwhat\s+(?:is|are|was|were|has|have|has been)\s+(?:${participles})\b(?![^.;]*\?)`,
      "gi",
    ),
    cure: "name it: the reply, the message, the fence",
  },
  { pattern: /(?<!\bso\s)\b(?:that|those)\s+of\b/gi, cure: "repeat the noun" },
  {
    pattern: /(?<=^\s*|[.:;]\s+)The\s+same(?:[,.;:]|\s+(?:for|of|as|holds|goes|on|where|with|which)\b)/g,
    cure: "say what is the same as what",
  },
  { pattern: /(?<=^\s*)Of\s/g, cure: "begin with the subject", kind: "comment" },
  { pattern: /\b(?:would|will|can|could|must|may|which)\s+else\b/gi, cure: 'write "otherwise"' },
  {
    pattern:
      /\b(?:stands?|stood)\s+(?:in(?!\s+(?:for|the\s+way)\b)|at|on|there|here|under|above|below|beside|between)\b/gi,
    cure: 'write "is in" or "is at"',
  },
  { pattern: /\bsees\s+(?:that|to)\b/gi, cure: 'write "checks" or "ensures"' },
  { pattern: /\b(?:he|his|him)\b/gi, cure: 'write "they", or name the process' },
  { pattern: /\bsurely\b/gi, cure: 'write "guaranteed" or "certainly"' },
  { pattern: /\bfor\s+ever\b/gi, cure: 'write "indefinitely", or say until when' },
  { pattern: /\bin\s+vain\b/gi, cure: "say what did not happen" },
  { pattern: /\balso\s+(?:if|when|where|while|after|without)\b/gi, cure: 'write "even"' },
];

interface Found {
  readonly index: number;
  readonly words: string;
  readonly cure: string;
}

/** The habits in a piece of prose. */
export const habitsIn = (text: string, kind: Prose["kind"]): readonly Found[] =>
  habits
    .filter((habit) => habit.kind === undefined || habit.kind === kind)
    .flatMap(({ pattern, cure }) =>
      [...text.matchAll(pattern)].map(({ 0: words, index }) => ({
        index,
        words: words.replaceAll(/\s+/g, " ").trim(),
        cure,
      })),
    );
