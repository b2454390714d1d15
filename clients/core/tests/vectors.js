// Makes the calls of core/tests/vectors.json and compares the results byte for byte. Runs unchanged in Node and in a browser.

/** The calls whose results differ from the vectors, one line each. */
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
