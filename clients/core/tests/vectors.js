// Runs unchanged in Node and in a browser: the calls of core/tests/vectors.json, byte for byte.

/** The calls that do not give what the vectors say, one line each. */
export function deviations(core, groups) {
  return groups.flatMap(({ claim, cases }) =>
    cases.flatMap((expected) => {
      const actual = JSON.stringify(outcome(core, expected));
      return actual === JSON.stringify(expected) ? [] : [`${claim}: ${JSON.stringify(expected)}, not ${actual}`];
    }),
  );
}

function outcome(core, { call, with: args }) {
  try {
    return { call, with: args, gives: core[call](...args) };
  } catch (error) {
    return { call, with: args, refuses: error instanceof Error ? [error.code, error.message] : ['not an Error'] };
  }
}
