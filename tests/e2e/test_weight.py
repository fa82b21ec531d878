"""What a page costs: bytes and jumps have bounds; times, which vary, are printed."""

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

WATCH = """{
  window.shift = 0; window.long = []; window.jumps = [];
  const nameSource = s => `${s.node?.nodeName}.${s.node?.className ?? ""}`;
  const noteJump = e => {
    if (e.hadRecentInput) return;
    shift += e.value;
    jumps.push([e.value.toFixed(4), ...e.sources.map(nameSource)].join(" "));
  };
  const noteTask = e => long.push(e.startTime + e.duration);
  const watch = (type, note) =>
    new PerformanceObserver(list => list.getEntries().forEach(note))
      .observe({type, buffered: true});
  watch("layout-shift", noteJump);
  watch("longtask", noteTask);
}"""
# When the text is painted, the controls work, all is loaded, the last script is done.
FIGURES = """() => ({
  paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  controls: performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd,
  loaded: performance.getEntriesByType("navigation")[0].loadEventEnd,
  last_long_task: Math.max(0, ...long),
  shift, jumps,
})"""
TIMES = ("paint", "controls", "loaded", "last_long_task")


def measure_page(v, path, slower=None):
    """Open a page under watch: its figures, and the bytes of every file it asks for."""
    responses = {}
    page = v.page
    page.on("response", lambda response: responses.update({response.url: response}))
    page.add_init_script(WATCH)
    if slower:
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", LINE)
        line.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(v.site + path)
    page.evaluate(READY)
    page.wait_for_timeout(1000)
    sizes = {url: len(response.body()) for url, response in responses.items()}
    return page.evaluate(FIGURES), sizes


@pytest.mark.parametrize("path", CHAPTERS)
def test_a_page_is_light(visit, path):
    with visit("desk") as v:
        _, sizes = measure_page(v, path)
        largest = sorted(sizes.items(), key=lambda item: -item[1])[:6]
        assert sum(sizes.values()) < BYTES, largest


@pytest.mark.parametrize("slower", [1, 4])  # this processor, and a quarter of it
@pytest.mark.parametrize("width", ["phone", "desk"])
def test_the_heaviest_page_stands_still_while_it_loads(
    visit, width, slower, record_property
):
    with visit(width) as v:
        figures, sizes = measure_page(v, HEAVIEST, slower)
        times = [f"{name} {figures[name] / 1000:.2f} s" for name in TIMES]
        weight = f"{sum(sizes.values()) / 1e6:.2f} MB"
        shift = f"shift {figures['shift']:.3f}"
        where = f"{HEAVIEST} on a {width}, processor / {slower}"
        record_property("figures", f"{where}: {', '.join([weight, *times, shift])}")
        assert figures["shift"] < SHIFT, figures["jumps"]
