// The package "inherits".
import { inherits } from "node:util";
export default inherits;
