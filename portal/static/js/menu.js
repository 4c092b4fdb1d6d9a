// Closes what dropped down in the header when the person goes elsewhere or presses Escape.
(() => {
  "use strict";

  const drops = () => document.querySelectorAll(".top details[open]");

  document.addEventListener("click", (event) => {
    for (const drop of drops()) if (!drop.contains(event.target)) drop.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const drop of drops()) {
      if (drop.contains(document.activeElement)) drop.querySelector("summary").focus();
      drop.open = false;
    }
  });
})();
