// Loaded by a dynamic import, the first time somebody asks for it.

export const loadedAt = Date.now();

export function describe(): string {
  return "This module was imported when the route was first called.";
}
