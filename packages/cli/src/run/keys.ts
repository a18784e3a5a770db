/** The keys of the arguments. A comma separates keys, unless each argument is one key as it stands. */
export const keysOf = (given: readonly string[], isLiteral: boolean): readonly string[] => [
  ...new Set(isLiteral ? given : given.flatMap((argument) => argument.split(","))),
];
