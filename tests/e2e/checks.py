"""What has to hold of every page in a browser, a sentence for each finding."""

from importlib.resources import files
from pathlib import Path

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
CHECKS = Path(__file__).with_name("checks.js").read_text(encoding="utf-8")
LAYOUT_CHECKS = ("wide", "pictures", "ids", "equations", "contrast", "focus")
RUN_AXE = """async () => {
  const options = {preload: false, resultTypes: ["violations"]};
  const {violations} = await axe.run(document, options);
  const format = n =>
    `${n.target.join(" ")} ${n.any.concat(n.all, n.none)[0]?.message ?? ""}`;
  return violations.map(v => `axe: ${v.id} (${v.impact}, ${v.nodes.length}×): ` +
    `${v.help}: ${v.nodes.slice(0, 3).map(format).join(" | ")}`);
}"""

# Nothing slides any more; what moves for ever is not waited for.
STANDS_STILL = """() => document.getAnimations().every(each =>
  each.playState !== "running"
    || each.effect.getComputedTiming().endTime === Infinity)"""


def run_check(page, name, argument=None):
    """Run a function of checks.js in the page."""
    page.evaluate(f"window.ourdlChecks ??= {CHECKS}")
    call = "([name, argument]) => ourdlChecks[name](argument)"
    return page.evaluate(call, [name, argument])


def check_layout(page):
    """The findings of all checks but axe's, of a page as it stands."""
    page.wait_for_function(STANDS_STILL)
    return [finding for name in LAYOUT_CHECKS for finding in run_check(page, name)]


def drop_repeated_code(page):
    """Leave one word of a kind in the code of a page, for axe."""
    run_check(page, "slim")


def unfold_page(page, tab):
    """Open every folded part and show one tab of each set."""
    run_check(page, "unfold", tab)


def check_with_axe(page):
    """What axe-core objects to, by any of its rules and however slightly."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    return page.evaluate(RUN_AXE)
