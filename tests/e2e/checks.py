"""What has to hold of every page in a browser: findings, a sentence each, by checks.js and by axe-core."""

from importlib.resources import files
from pathlib import Path

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
CHECKS = Path(__file__).with_name("checks.js").read_text(encoding="utf-8")


def ask(page, name, argument=None):
    """Run a function of checks.js in the page."""
    page.evaluate(f"window.ourdlChecks ??= {CHECKS}")
    return page.evaluate(
        "([name, argument]) => ourdlChecks[name](argument)", [name, argument]
    )


def layout(page):
    """All checks but axe's, of a page as it stands."""
    names = ("wide", "pictures", "ids", "equations", "contrast", "focus")
    return [finding for name in names for finding in ask(page, name)]


def slim(page):
    """Leave one word of a kind in the code of a page, for axe."""
    ask(page, "slim")


def unfold(page, tab):
    """Open every folded part and show one tab of each set."""
    ask(page, "unfold", tab)


def axe(page):
    """What axe-core objects to, by any of its rules and however slightly."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    violations = page.evaluate(
        """async () => (await axe.run(document, {preload: false, resultTypes: ["violations"]})).violations.map(v =>
          `${v.id} (${v.impact}, ${v.nodes.length}×): ${v.help}: ` + v.nodes.slice(0, 3).map(n =>
            `${n.target.join(" ")} ${n.any.concat(n.all, n.none)[0]?.message ?? ""}`).join(" | "))"""
    )
    return [f"axe: {violation}" for violation in violations]
