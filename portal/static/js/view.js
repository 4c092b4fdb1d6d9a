// Shows another view of the same page in place: filters, sorting, pages and tabs, and newer figures. The address follows.
// Without this script each of them loads the page, as does whatever goes wrong here.
(() => {
  "use strict";

  const PARTS = ["#content", ".freshness", ".foot", ".switch"];
  const content = document.getElementById("content");
  const status = document.getElementById("busy");
  if (!content || !status) return;
  let latest = 0;

  // For everyone to see, or (`quietly`) for screen readers alone: who sees the page sees that it changed.
  function say(text, quietly = false) {
    status.classList.toggle("visually-hidden", quietly);
    status.textContent = text;
    status.hidden = !text;
  }

  function busy(is) {
    content.setAttribute("aria-busy", String(is));
    if (is) say("Loading …");
  }

  function replace(next) {
    for (const part of PARTS) {
      const old = document.querySelector(part);
      const fresh = next.querySelector(part);
      if (!old || !fresh) continue;
      old.replaceChildren(...fresh.childNodes);
      old.className = fresh.className;
    }
    document.title = next.title;
  }

  // The element that had the focus is a new one now: the same field or link, or the content if it is gone.
  function focusAgain(mark) {
    const again = mark && content.querySelector(mark);
    (again || content).focus({ preventScroll: true });
  }

  function markOf(element) {
    if (!content.contains(element)) return null;
    if (element.id) return `#${CSS.escape(element.id)}`;
    if (element.matches("form.filters [type=submit]")) return "form.filters [type=submit]";
    const heading = element.closest("thead th");
    if (!heading) return null;
    const table = element.closest(".table-wrap").getAttribute("aria-label");
    return `[aria-label=${JSON.stringify(table)}] thead th:nth-child(${heading.cellIndex + 1}) a`;
  }

  async function show(address, { push = true, said = "" } = {}) {
    const turn = ++latest;
    const mark = markOf(document.activeElement);
    busy(true);
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" } });
      const kind = answer.headers.get("Content-Type") || "";
      // A page elsewhere (the sign-in after a while, say) or no page: the browser goes there itself.
      const here = new URL(answer.url).pathname === new URL(address, location.href).pathname;
      if (!here || !kind.startsWith("text/html") || answer.status >= 500) throw new Error("not this page");
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (turn !== latest) return;
      if (push) history.pushState(null, "", address);
      replace(next);
      focusAgain(mark);
      busy(false);
      say(said || "Updated.", !said);
      document.dispatchEvent(new CustomEvent("daybook:shown", { detail: { build: buildOf(next) } }));
    } catch {
      if (turn === latest) location.assign(address);
    }
  }

  function buildOf(page) {
    return page.getElementById("newer-build")?.dataset.build;
  }

  function isHere(address) {
    const { origin, pathname } = new URL(address, location.href);
    return origin === location.origin && pathname === location.pathname;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form.filters[method=get]")) return;
    if (!isHere(form.action) || event.defaultPrevented) return busy(true);
    event.preventDefault();
    const filled = [...new FormData(form)].filter(([, value]) => value !== "");
    show(`${form.action.split("?")[0]}?${new URLSearchParams(filled)}`);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#content .pages a, #content .tabs a, #content thead a, #content .filters a");
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!link || !plain || !isHere(link.href) || link.hasAttribute("download")) return;
    event.preventDefault();
    show(link.href);
  });

  window.addEventListener("popstate", () => show(location.href, { push: false }));
  window.addEventListener("pageshow", () => {
    busy(false); // also when it comes back from the browser's cache
    say("");
  });
  window.daybook = { show };
})();
