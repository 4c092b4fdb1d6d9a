// Shows how far files are that are made in the background. The page says so without it, too, each time it is loaded.
(() => {
  "use strict";
  const every = 3 * 1000;
  let waiting = new Map();

  // Also after view.js put another view of the list here.
  function begin() {
    waiting = new Map([...document.querySelectorAll("[data-export]")].map((item) => [item.dataset.export, item]));
  }

  function show({ id, underWay, text, done, expected }) {
    const item = waiting.get(String(id));
    if (!item) return;
    const bar = item.querySelector("progress");
    item.querySelector("span").textContent = text;
    if (underWay && expected) {
      bar.max = expected;
      bar.value = done;
    }
    if (underWay) return;
    bar.remove();
    waiting.delete(String(id));
    const news = document.getElementById("export-news");
    const link = document.createElement("a");
    link.href = window.location.href;
    link.textContent = "Load this list again";
    news.replaceChildren(`Export ${id}: ${text}. `, link);
    news.hidden = false;
  }

  async function look() {
    if (document.hidden || !waiting.size) return;
    try {
      const address = new URL(document.getElementById("export-news").dataset.url, window.location.href);
      for (const id of waiting.keys()) address.searchParams.append("id", id);
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (answer.ok) (await answer.json()).forEach(show);
    } catch {
      // Not reachable at the moment: the next look may be luckier.
    }
  }

  begin();
  window.setInterval(look, every);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("daybook:shown", begin);
})();
