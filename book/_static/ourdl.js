// What the theme leaves out for those who read with a screen reader.
document.addEventListener("DOMContentLoaded", () => {
  // A button is called what it says.
  for (const button of document.querySelectorAll(".search-button-field, details.hide > summary")) {
    button.removeAttribute("aria-label");
  }
  for (const summary of document.querySelectorAll(".bd-sidenav summary")) {
    summary.setAttribute("aria-label", "Pages below");
  }
  // A list has items.
  for (const entry of document.querySelectorAll(".citation-list > .citation")) {
    entry.setAttribute("role", "listitem");
  }
  // Everything stands in a landmark.
  document.querySelector(".sidebar-primary-item:has(.navbar-brand)")?.setAttribute("role", "banner");
  // An icon is no text.
  for (const icon of document.querySelectorAll(".fa-solid, .fas")) {
    icon.setAttribute("aria-hidden", "true");
  }
  // What is wider than its column, even if it was folded at first, can be scrolled by the arrow keys.
  const wide = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      target.toggleAttribute("tabindex", target.scrollWidth > target.clientWidth);
      if (target.hasAttribute("tabindex")) target.tabIndex = 0;
    }
  });
  document.querySelectorAll(".bd-content :is(pre, .ourdl-picture)").forEach((part) => wide.observe(part));
  window.MathJax?.startup?.promise?.then(() => {
    document.querySelectorAll("mjx-container[display]").forEach((equation) => wide.observe(equation));
  });
});

// Equations are set a few at a time, those in sight first: so a page answers while it is still at work.
const setEquations = async () => {
  const far = (part) => Math.abs(part.getBoundingClientRect().top);
  const parts = [...document.querySelectorAll(".math")].map((part) => [far(part), part]);
  const left = parts.sort(([a], [b]) => a - b).map(([, part]) => part);
  addEventListener("beforeprint", () => MathJax.typeset(left.splice(0)));
  while (left.length) {
    const start = performance.now();
    while (left.length && performance.now() - start < 8) await MathJax.typesetPromise(left.splice(0, 1));
    await new Promise((go) => setTimeout(go));
  }
};
if (window.MathJax) window.MathJax.startup = { pageReady: setEquations };

// Paper is white.
let theme;
addEventListener("beforeprint", () => {
  theme = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
addEventListener("afterprint", () => { document.documentElement.dataset.theme = theme; });
