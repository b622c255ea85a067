// What scripts of `deno_node` ask of the terminal: there is none.
(function () {
return { stderr: { isTerminal: () => false }, stdin: {}, stdout: { isTerminal: () => false } };
})();
