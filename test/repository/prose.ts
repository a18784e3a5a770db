import ts from "typescript";

/** A piece of prose: its text, with a space for each character that is not prose, and where it begins in its file. */
export interface Prose {
  readonly kind: "comment" | "string" | "page";
  readonly start: number;
  readonly text: string;
}

const blank = (text: string): string => text.replaceAll(/[^\n]/g, " ");

/** Comments that follow one another make one text, as a sentence may run over several lines. */
function joined(comments: readonly Prose[], source: string): Prose[] {
  const all: Prose[] = [];
  for (const comment of comments) {
    const last = all.at(-1);
    const between = last && source.slice(last.start + last.text.length, comment.start);
    if (last && between !== undefined && /^\n?[ \t]*$/.test(between))
      all[all.length - 1] = { ...last, text: last.text + between + comment.text };
    else all.push(comment);
  }
  return all;
}

/** Names of code, and quotations, are between backticks. */
const withoutCode = (text: string): string => text.replaceAll(/`[^`\n]*`/g, blank);

const proseOfComment = (text: string): string =>
  withoutCode(text.replaceAll(/^\s*(?:\/\*+|\/\/+|\*\/?|--+)|\*\/$/gm, blank));

const commentsIn = (source: string, pattern: RegExp): Prose[] =>
  joined(
    [...source.matchAll(pattern)].map(({ 0: text, index }) => ({
      kind: "comment",
      start: index,
      text: proseOfComment(text),
    })),
    source,
  );

/** The parser skips JSDoc, which takes it long: comments are found without it. */
const parsing: ts.CreateSourceFileOptions = {
  languageVersion: ts.ScriptTarget.Latest,
  jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
};

/** The comments of a program, and its strings of several words: messages, titles. */
function proseOfTypeScript(source: string): Prose[] {
  const file = ts.createSourceFile("a.ts", source, parsing);
  const strings: Prose[] = [];
  // In pieces, as a whole copy for each string costs seconds in all. The visits are in the order of the source.
  const rest: string[] = [];
  let end = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node) || ts.isRegularExpressionLiteral(node)) {
      const start = node.getStart(file);
      const text = source.slice(start, node.end);
      rest.push(source.slice(end, start), blank(text));
      end = node.end;
      if (/ [a-z]/.test(text) && !ts.isRegularExpressionLiteral(node))
        strings.push({ kind: "string", start: start + 1, text: withoutCode(text.slice(1, -1)) });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  rest.push(source.slice(end));
  return [...strings, ...commentsIn(rest.join(""), /\/\*[\s\S]*?\*\/|\/\/.*/g)];
}

/** The text of a page, paragraph by paragraph, with the comments of its blocks of code. */
function proseOfMarkdown(source: string): Prose[] {
  const text = source
    .replaceAll(/^( *)```[\s\S]*?^ *```/gm, (block) =>
      block.replaceAll(/^.*$/gm, (line) => line.replace(/^(?:(?!\/\/ ).)*/, blank)),
    )
    .replaceAll(/\]\([^)\s]*\)/g, blank);
  return [...withoutCode(text).matchAll(/(?:.*\S.*\n?)+/g)].map(({ 0: paragraph, index }) => ({
    kind: "page",
    start: index,
    text: paragraph,
  }));
}

/** The prose of a file, by what its name ends with. */
export function proseOf(name: string, source: string): Prose[] {
  if (name.endsWith(".md")) return proseOfMarkdown(source);
  if (name.endsWith(".lua")) return commentsIn(source, /--(?! @include).*/g);
  return proseOfTypeScript(source);
}
