export const table = (harbour, tides) =>
  `<h1>${decodeURIComponent(harbour)}</h1><ol>${tides.map((tide) => `<li>${tide.time} ${tide.metres} m</li>`).join("")}</ol>`;
