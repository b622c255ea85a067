// A module of Node's inside.
import { anything } from "./throwing.js";
export default anything("mock");
