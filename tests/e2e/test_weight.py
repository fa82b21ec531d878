"""What the heaviest page costs: bytes and jumps are bounded, times depend on the machine and are only told."""

import pytest

from tests.e2e.conftest import BUILT, PAGES, READY

CHAPTERS = [path for path in PAGES if path.startswith("book/") and path.count("/") == 1]
HEAVIEST = max(CHAPTERS, key=lambda path: (BUILT / path).stat().st_size, default="")
BYTES = 2_500_000
SHIFT = 0.1  # what the web calls good
# A middling line: 10 Mbit/s, 40 ms, and nothing packed on the way.
LINE = {
    "offline": False,
    "downloadThroughput": 10e6 / 8,
    "uploadThroughput": 5e6 / 8,
    "latency": 40,
}

WATCH = """
window.shift = 0; window.long = []; window.jumps = [];
const jump = e => {
  shift += e.value;
  jumps.push([e.value.toFixed(4), ...e.sources.map(s => `${s.node?.nodeName}.${s.node?.className ?? ""}`)].join(" "));
};
new PerformanceObserver(list => list.getEntries().filter(e => !e.hadRecentInput).forEach(jump))
  .observe({type: "layout-shift", buffered: true});
new PerformanceObserver(list => list.getEntries().forEach(e => long.push(e.startTime + e.duration)))
  .observe({type: "longtask", buffered: true});
"""
# When the text is painted, when the controls work, when all is loaded, and when the
# last equation is set.
FIGURES = """() => ({
  paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  controls: performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd,
  loaded: performance.getEntriesByType("navigation")[0].loadEventEnd,
  last_long_task: Math.max(0, ...long),
  shift, jumps,
})"""


def load(v, path, slower=None):
    """Open a page with a watch on it: its figures, and the bytes of every file that it asked for, unpacked."""
    sizes = {}
    page = v.page
    page.on("response", lambda r: sizes.__setitem__(r.url, r))
    page.add_init_script(WATCH)
    if slower:
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", LINE)
        line.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(v.site + path)
    page.evaluate(READY)
    page.wait_for_timeout(1000)
    return page.evaluate(FIGURES), {
        url: len(response.body()) for url, response in sizes.items()
    }


@pytest.mark.parametrize("path", CHAPTERS)
def test_a_page_is_light(visit, path):
    with visit("desk") as v:
        _, sizes = load(v, path)
        largest = sorted(sizes.items(), key=lambda item: -item[1])[:6]
        assert sum(sizes.values()) < BYTES, largest


@pytest.mark.parametrize("slower", [1, 4])  # this processor, and a quarter of it
@pytest.mark.parametrize("width", ["phone", "desk"])
def test_the_heaviest_page_stands_still_while_it_loads(
    visit, width, slower, record_property
):
    with visit(width) as v:
        figures, sizes = load(v, HEAVIEST, slower)
        times = ", ".join(
            f"{name} {figures[name] / 1000:.2f} s"
            for name in ("paint", "controls", "loaded", "last_long_task")
        )
        weight = f"{sum(sizes.values()) / 1e6:.2f} MB"
        where = f"{HEAVIEST} on a {width}, processor / {slower}"
        record_property(
            "figures", f"{where}: {weight}, {times}, shift {figures['shift']:.3f}"
        )
        assert figures["shift"] < SHIFT, figures["jumps"]
