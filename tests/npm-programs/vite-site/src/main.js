// Routes in the browser: what is not a file is a page of this script.
import "./style.css";
import wave from "./wave.svg";

const main = document.querySelector("main");

async function show() {
  const harbour = location.pathname.match(/^\/harbour\/([^/]+)$/)?.[1];
  if (!harbour) {
    main.innerHTML = `<h1>Today</h1><img alt="" src="${wave}" />`;
    return;
  }
  // A chunk of its own, which is loaded when somebody goes there.
  const { table } = await import("./harbour.js");
  const tides = await fetch(`/api/tides/${harbour}`).then((response) => response.json());
  main.innerHTML = table(harbour, tides);
}

addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  show();
});
addEventListener("popstate", show);
show();
