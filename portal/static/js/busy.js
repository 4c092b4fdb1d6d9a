// Says that a view is being loaded after its filters were sent, until the next page is there.
(() => {
  "use strict";

  const status = document.getElementById("busy");
  if (!status) return;

  function busy(is) {
    document.getElementById("content").setAttribute("aria-busy", String(is));
    status.textContent = is ? "Loading …" : "";
    status.hidden = !is;
  }

  document.addEventListener("submit", (event) => {
    if (event.target.matches("form.filters")) busy(true);
  });
  window.addEventListener("pageshow", () => busy(false)); // also when it comes back from the browser's cache
})();
