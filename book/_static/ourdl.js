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
