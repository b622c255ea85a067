// An operation and its answers for people: of answers, where they differ.

const WIDTH = 1500;
const PLACES = 6;

export function show(script, index, answers) {
  const lines = [`${script.kind}/${script.name} #${index}`, `  ${cut(JSON.stringify(script.operations[index]))}`];
  const [first, ...others] = Object.keys(answers);
  if (others.length === 0) lines.push(`  ${`${first}:`.padEnd(10)} ${cut(JSON.stringify(answers[first]))}`);
  for (const other of others) {
    const places = differences(answers[first], answers[other], "answer");
    for (const [place, expected, given] of places.slice(0, PLACES)) {
      lines.push(`  ${place}`, `    ${first}: ${cut(JSON.stringify(expected))}`, `    ${other}: ${cut(JSON.stringify(given))}`);
    }
    if (places.length > PLACES) lines.push(`  … and ${places.length - PLACES} places more`);
  }
  return `${lines.join("\n")}\n`;
}

/** The places in which two values differ, the order of properties included. */
function differences(one, other, place) {
  if (JSON.stringify(one) === JSON.stringify(other)) return [];
  const [keys, others] = [one, other].map((value) => (value !== null && typeof value === "object" ? Object.keys(value) : undefined));
  if (JSON.stringify(keys) !== JSON.stringify(others) || keys === undefined) return [[place, one, other]];
  return keys.flatMap((key) => differences(one[key], other[key], `${place}.${key}`));
}

const cut = (text) => (text === undefined ? "nothing" : text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text);
