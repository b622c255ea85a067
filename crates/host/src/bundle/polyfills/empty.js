// A package that has nothing to add.
export default Object.freeze(Object.create(null, { __unenv__: { get: () => true } }));
