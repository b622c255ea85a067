// The error page: copies its text, and reloads when the server would answer differently.
const copy = document.getElementById("copy");
// Only secure contexts (localhost is one) have a clipboard.
copy.hidden = !navigator.clipboard;
copy.addEventListener("click", async () => {
  await navigator.clipboard.writeText(document.getElementById("plain").content.textContent);
  copy.textContent = "Copied";
  setTimeout(() => (copy.textContent = "Copy"), 1500);
});
const { revision } = document.body.dataset;
if (revision !== undefined) {
  const events = new EventSource(`/cdn-cgi/local/events?since=${revision}`);
  events.onmessage = () => {
    events.close();
    location.reload();
  };
}
