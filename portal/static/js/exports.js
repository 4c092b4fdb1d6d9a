// Shows how far files are that are made in the background. The page says so without it, too, each time it is loaded.
(() => {
  "use strict";
  const news = document.getElementById("export-news");
  const waiting = new Map([...document.querySelectorAll("[data-export]")].map((item) => [item.dataset.export, item]));
  if (!news || !waiting.size) return;
  const every = 3 * 1000;

  function show({ id, underWay, text, done, expected }) {
    const item = waiting.get(String(id));
    const bar = item.querySelector("progress");
    item.querySelector("span").textContent = text;
    if (underWay && expected) {
      bar.max = expected;
      bar.value = done;
    }
    if (underWay) return;
    bar.remove();
    waiting.delete(String(id));
    const link = document.createElement("a");
    link.href = window.location.href;
    link.textContent = "Load this list again";
    news.replaceChildren(`Export ${id}: ${text}. `, link);
    news.hidden = false;
  }

  async function look() {
    if (document.hidden) return;
    try {
      const address = new URL(news.dataset.url, window.location.href);
      for (const id of waiting.keys()) address.searchParams.append("id", id);
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (answer.ok) (await answer.json()).forEach(show);
    } catch {
      // Not reachable at the moment: the next look may be luckier.
    }
    if (!waiting.size) window.clearInterval(timer);
  }

  const timer = window.setInterval(look, every);
  document.addEventListener("visibilitychange", look);
})();
