// Tells when a newer build was published. The page stays as it is; the link loads it again with every filter.
(() => {
  "use strict";
  const notice = document.getElementById("newer-build");
  if (!notice) return;
  const shown = notice.dataset.build;
  const every = 60 * 1000;

  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(notice.dataset.url, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { buildId } = await answer.json();
      if (buildId === null || String(buildId) === shown) return;
      notice.hidden = false;
      window.clearInterval(timer);
    } catch {
      // Not reachable at the moment: the next look may be luckier.
    }
  }

  const timer = window.setInterval(look, every);
  document.addEventListener("visibilitychange", look);
})();
