// Nothing listens.
const nothing = () => {};
export const close = nothing;
export const waitForDebugger = nothing;
export const open = () => ({ __unenv__: true, [Symbol.dispose]: () => Promise.resolve() });
export const url = () => undefined;
export const Network = {
  loadingFailed: nothing, loadingFinished: nothing, requestWillBeSent: nothing, responseReceived: nothing,
};
export const console = Object.fromEntries(
  ("debug error info log warn dir dirxml table trace group groupCollapsed groupEnd clear count countReset assert " +
    "profile profileEnd time timeLog timeStamp").split(" ").map((name) => [name, nothing]),
);
