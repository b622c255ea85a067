// Files are neither found nor made.
import promises_, { constants as constants_ } from "./fs_promises.js";

export const promises = promises_;
export const constants = constants_;
export const F_OK = 0;
export const R_OK = 4;
export const W_OK = 2;
export const X_OK = 1;
export const existsSync = () => false;
