// Nothing listens.
import { console as same } from "./inspector.js";

export const console = same;
