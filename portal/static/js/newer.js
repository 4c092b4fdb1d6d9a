// Tells when a newer build was published, and shows its figures in place with every filter. Where somebody is filling
// something in, or without view.js, the page stays as it is, and the link does it.
(() => {
  "use strict";
  const notice = document.getElementById("newer-build");
  if (!notice) return;
  const every = 60 * 1000;
  const link = notice.querySelector("a");

  function isFilledIn() {
    const main = document.getElementById("content");
    const fields = [...main.querySelectorAll("input, select, textarea")];
    const usual = (select) => [...select.options].find((option) => option.defaultSelected) || select.options[0];
    const changed = (field) =>
      field.matches("select")
        ? field.value !== usual(field)?.value
        : field.value !== field.defaultValue || field.checked !== field.defaultChecked;
    return fields.includes(document.activeElement) || main.querySelector("form[method=post]") !== null || fields.some(changed);
  }

  async function look() {
    if (document.hidden || !notice.hidden) return;
    try {
      const answer = await fetch(notice.dataset.url, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { buildId } = await answer.json();
      if (buildId === null || String(buildId) === notice.dataset.build) return;
      if (window.daybook && !isFilledIn()) await refresh();
      else notice.hidden = false;
    } catch {
      // Not reachable at the moment: the next look may be luckier.
    }
  }

  function refresh() {
    const before = notice.dataset.build;
    const said = before ? "Newer figures were published: this view shows them now." : "Figures were published: this view shows them now.";
    return window.daybook.show(location.href, { push: false, said });
  }

  link.addEventListener("click", (event) => {
    if (!window.daybook) return;
    event.preventDefault();
    notice.hidden = true;
    refresh();
  });
  document.addEventListener("daybook:shown", (event) => {
    notice.dataset.build = event.detail.build || "";
    notice.hidden = true;
  });
  window.setInterval(look, every);
  document.addEventListener("visibilitychange", look);
})();
