// Added by lopata dev --live-reload: loads the page or its style sheets anew when they have changed.
(() => {
  const retryMs = 250;
  let wasOpen = false;
  const refreshStyles = () => {
    for (const link of document.querySelectorAll("link[rel~=stylesheet][href]")) {
      const url = new URL(link.href, location.href);
      if (url.origin !== location.origin) continue;
      url.searchParams.set("lopata-live-reload", Date.now());
      // The old sheet stays until the new one is there, so that nothing flashes.
      const fresh = link.cloneNode();
      fresh.href = url;
      fresh.onload = fresh.onerror = () => link.remove();
      link.after(fresh);
    }
  };
  const connect = () => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/cdn-cgi/live-reload`, "lopata-live-reload");
    socket.onopen = () => {
      // The server was away: what it serves now may be something else.
      if (wasOpen) location.reload();
      wasOpen = true;
    };
    socket.onmessage = (event) => (event.data === "styles" ? refreshStyles() : location.reload());
    socket.onclose = () => setTimeout(connect, retryMs);
  };
  connect();
})();
