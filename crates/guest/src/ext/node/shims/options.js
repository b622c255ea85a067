// Options of Node's command line: there are none.
(function () {
return { getExecArgvOptionValue: () => undefined, getOptionValue: () => undefined };
})();
