// Asks the worker beside the files.
const sow = document.querySelector("#sow");
if (sow) {
  const answer = await fetch("/api/sow").then((response) => response.json());
  sow.textContent = answer.sow;
}
