// Agents that are connected to nothing.
import { Agent as HttpAgent } from "./http.js";

export class Agent extends HttpAgent {}
export const globalAgent = new Agent();
