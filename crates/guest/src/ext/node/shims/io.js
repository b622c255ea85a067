// What `deno_node`'s assertions ask of the terminal: there is none.
(function () {
return { stderr: { isTerminal: () => false } };
})();
