// Makes the drawn charts of a page interactive. Without this script the drawing stays, and the table beside it says the same.
(() => {
  "use strict";

  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function options() {
    return {
      ast: true, // expressions are interpreted: the security policy allows no eval
      actions: false,
      defaultStyle: false, // an injected style element would be refused; reports.css has the rules
      renderer: "svg",
      tooltip: { disableDefaultStyle: true, theme: "page" },
    };
  }

  async function draw(figure) {
    const address = new URL(figure.dataset.chart, window.location.href);
    address.searchParams.set("theme", dark.matches ? "dark" : "light");
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const stage = document.createElement("div");
    stage.className = "chart__stage";
    const specification = await answer.json();
    specification.width = "container";
    figure.prepend(stage);
    await window.vegaEmbed(stage, specification, options());
    stage.setAttribute("role", "img");
    stage.setAttribute("aria-label", figure.dataset.alt);
    figure.querySelector("picture").hidden = true;
    figure.querySelectorAll(".chart__stage").forEach((other) => other !== stage && other.remove());
  }

  function drawAll() {
    for (const figure of document.querySelectorAll("figure[data-chart]")) {
      draw(figure).catch(() => {
        figure.querySelector(".chart__stage")?.remove();
        figure.querySelector("picture").hidden = false;
      });
    }
  }

  dark.addEventListener("change", drawAll);
  document.addEventListener("daybook:shown", drawAll); // view.js put other figures here
  drawAll();
})();
