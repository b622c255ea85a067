// The source of a failed assertion: a bundle's line would be no help, so none is quoted.
(function () {
return { getErrorSourceExpression: () => undefined, getErrorSourceLocation: () => undefined };
})();
