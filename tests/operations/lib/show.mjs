// An operation and its answers for people.

const WIDTH = 1500;

export function show(script, index, answers) {
  const lines = [`${script.kind}/${script.name} #${index}`, `  ${cut(JSON.stringify(script.operations[index]))}`];
  for (const [name, answer] of Object.entries(answers)) lines.push(`  ${`${name}:`.padEnd(10)} ${cut(JSON.stringify(answer))}`);
  return `${lines.join("\n")}\n`;
}

const cut = (text) => (text === undefined ? "nothing" : text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text);
