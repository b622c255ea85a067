// No databases.
export const constants = {};
