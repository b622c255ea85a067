// Compiles the templates beside it to `templates.js`: `node nunjucks/compile.mjs`.
import { writeFileSync } from "node:fs";
import nunjucks from "nunjucks";

const folder = new URL(".", import.meta.url).pathname;
const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(folder));
environment.addFilter("shout", () => "");
environment.addFilter("later", () => "", true);
const names = ["base.html", "page.html"];
const code = names.map((name) => nunjucks.precompile(`${folder}${name}`, { name, env: environment, asFunction: false }));
const list = code.join("\n").replaceAll("(window.nunjucksPrecompiled = window.nunjucksPrecompiled || {})", "templates");
writeFileSync(`${folder}templates.js`, `// Made by compile.mjs.\nexport const templates = {};\n${list}`);
