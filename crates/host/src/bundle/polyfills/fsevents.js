// The package "fsevents": nothing happens.
export default {
  watch: () => Promise.resolve(),
  getInfo: (path) => ({
    event: "mock",
    path,
    type: "file",
    flags: 4294967296,
    changes: { inode: false, finder: false, access: false, xattrs: false },
  }),
};
