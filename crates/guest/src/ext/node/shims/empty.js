// Stands in for a script that asks another operating system.
(function () {
return { uvTranslateSysError: () => "UNKNOWN" };
})();
