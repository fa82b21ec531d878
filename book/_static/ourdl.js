// What the theme leaves out for those who read with a screen reader.
document.addEventListener("DOMContentLoaded", () => {
  // A button is called what it says.
  for (const button of document.querySelectorAll(".search-button-field, .theme-switch-button, details.hide > summary")) {
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
});
