// How two texts differ, line by line, as `assert.strictEqual` shows it.
(function () {
const { primordials } = __bootstrap;
const {
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  StringPrototypeReplaceAll,
  StringPrototypeSplit,
} = primordials;

/** Texts with more lines on both sides than this are shown one after the other. */
const LINES_COMPARED_MAX = 2000;

/**
 * Lines with a mark: common ones, and those of one side only, the actual ones first.
 * @param {string[]} actual @param {string[]} expected
 */
function marked(actual, expected) {
  let start = 0;
  while (start < actual.length && start < expected.length && actual[start] === expected[start]) start++;
  let endOfActual = actual.length;
  let endOfExpected = expected.length;
  while (endOfActual > start && endOfExpected > start && actual[endOfActual - 1] === expected[endOfExpected - 1]) {
    endOfActual--;
    endOfExpected--;
  }
  const lines = [];
  for (let i = 0; i < start; i++) ArrayPrototypePush(lines, `    ${actual[i]}`);
  const middle = between(actual.slice(start, endOfActual), expected.slice(start, endOfExpected));
  for (let i = 0; i < middle.length; i++) ArrayPrototypePush(lines, middle[i]);
  for (let i = endOfActual; i < actual.length; i++) ArrayPrototypePush(lines, `    ${actual[i]}`);
  return lines;
}

/** The same where the first and the last lines differ: along a longest common subsequence. */
function between(actual, expected) {
  const lines = [];
  const rows = actual.length;
  const columns = expected.length;
  if (rows > LINES_COMPARED_MAX || columns > LINES_COMPARED_MAX) {
    for (let i = 0; i < rows; i++) ArrayPrototypePush(lines, `-   ${actual[i]}`);
    for (let j = 0; j < columns; j++) ArrayPrototypePush(lines, `+   ${expected[j]}`);
    return lines;
  }
  const width = columns + 1;
  const longest = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      const below = longest[(i + 1) * width + j];
      const right = longest[i * width + j + 1];
      longest[i * width + j] = actual[i] === expected[j]
        ? longest[(i + 1) * width + j + 1] + 1
        : below >= right
        ? below
        : right;
    }
  }
  let i = 0;
  let j = 0;
  while (i < rows || j < columns) {
    if (i < rows && j < columns && actual[i] === expected[j]) {
      ArrayPrototypePush(lines, `    ${actual[i++]}`);
      j++;
    } else if (i < rows && (j === columns || longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      ArrayPrototypePush(lines, `-   ${actual[i++]}`);
    } else {
      ArrayPrototypePush(lines, `+   ${expected[j++]}`);
    }
  }
  return lines;
}

/** The lines of two inspected values. @param {string} actual @param {string} expected */
function diffLines(actual, expected) {
  return marked(StringPrototypeSplit(actual, "\n"), StringPrototypeSplit(expected, "\n"));
}

/** A text's lines, with what is invisible written out. @param {string} text */
function visible(text) {
  for (const { 0: character, 1: shown } of [["\b", "\\b"], ["\f", "\\f"], ["\t", "\\t"], ["\v", "\\v"]]) {
    text = StringPrototypeReplaceAll(text, character, shown);
  }
  const lines = StringPrototypeSplit(StringPrototypeReplaceAll(text, "\r\n", "\\r\\n\n"), "\n");
  for (let i = 0; i < lines.length - 1; i++) {
    if (!lines[i].endsWith("\\r\\n")) lines[i] += "\\n";
  }
  return lines;
}

/** Two strings, line by line. @param {string} actual @param {string} expected */
function diffText(actual, expected) {
  return `${ArrayPrototypeJoin(marked(visible(actual), visible(expected)), "\n")}\n`;
}

return { diffLines, diffText };
})();
