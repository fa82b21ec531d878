"""Animation: pictures that move when they are told to (behind the pictures)."""

import html
import json
import re

import numpy as np

from .plots import Picture, picture, role_colour


class Animation(Picture):
    """A picture that moves, from its first frame on. On paper it is the last one.

    Args:
        still: `Picture` of the last frame; what moves in it bears `data-part="…"`.
        tracks: list of (part, attribute, values), a value for each frame; None where
            nothing changes. The attribute "text" is what stands in the element.
        words: what each frame is called, in a few words; or in several lines, which
            then stand above the controls.
        seconds: how long a frame lasts.

    >>> import ourdl as od
    >>> svg = '<svg><circle data-part="dot" cx="9"/></svg>'
    >>> still = od.Picture(svg, "A dot.", "A dot.")
    >>> od.Animation(still, [("dot", "cx", ["1", "9"])], ["left", "right"])
    A dot. (2 frames, from "left" to "right")

    Source: behind the pictures.
    """

    def __init__(self, still, tracks, words, seconds=0.1):
        frames = f'{len(words)} frames, from "{words[0]}" to "{words[-1]}"'
        super().__init__(still.svg, f"{still.text} ({frames})", still.alt)
        self.still, self.tracks = still, tracks
        self.words, self.seconds = words, seconds

    def _repr_html_(self):
        frames = {"tracks": self.tracks, "words": self.words, "seconds": self.seconds}
        data = json.dumps(frames, ensure_ascii=False, separators=(",", ":"))
        data = data.replace("<", r"\u003c")
        data = f'<script type="application/json">{data}</script>'
        says, count = html.escape(self.words[-1]), len(self.words)
        controls = CONTROLS.format(
            last=count - 1,
            count=f"{count} / {count}",
            says=says,
            lines=" lines" if "\n" in says else "",
            room=hidden_width_html(self.words),
        )
        still = self.still._repr_html_()
        inside = f"{still}{data}{controls}<script>{SCRIPT}</script>"
        return f'<div class="ourdl-player"><style>{LOOKS}</style>{inside}</div>'


def hidden_width_html(words):
    """The HTML of all words, unseen, so that the longest keeps its room."""
    samples = dict.fromkeys([re.sub(r"\d", "0", each) for each in words])
    return "".join([f"<span>{html.escape(each)}</span>" for each in samples])


LOOKS = f"""
.ourdl-controls:not([hidden]) {{
display: flex; flex-wrap: wrap; align-items: center; gap: .5em; padding: 3px; }}
.ourdl-controls :is(button, input) {{
font: inherit; color: inherit; accent-color: {role_colour("forward")}; }}
.ourdl-controls button {{
background: none; border: 1px solid; border-radius: 4px; padding: .1em .7em; }}
.ourdl-controls button:nth-child(2) {{ min-width: 5em; }}
.ourdl-controls input {{ flex: 1 1 6em; min-width: 6em; }}
.ourdl-count {{ white-space: nowrap; text-align: right; min-width: 4em; }}
.ourdl-count, .ourdl-words {{ font-variant-numeric: tabular-nums; }}
.ourdl-words {{ display: grid; white-space: pre-line; overflow-wrap: anywhere; }}
.ourdl-words.lines {{ order: -1; flex: 1 0 100%; box-sizing: border-box;
border-left: 4px solid; padding-left: .6em; }}
.ourdl-words.lines {{ line-height: 1.45; text-align: left; }}
.ourdl-words.lines :is(output, span)::first-line {{ font-weight: bold; }}
.ourdl-words > *, .ourdl-room > * {{ grid-area: 1 / 1; }}
.ourdl-room {{ display: grid; visibility: hidden; }}
.ourdl-controls :focus-visible {{ outline: 2px solid; outline-offset: 2px; }}
@media (pointer: coarse) {{
.ourdl-controls :is(button, input) {{ min-height: 44px; min-width: 44px; }}
.ourdl-controls input {{ flex-basis: 3em; }} }}
@media print {{ .ourdl-controls:not([hidden]) {{ display: none; }} }}
"""

CONTROLS = """
<div class="ourdl-controls" role="group" aria-label="Animation"
data-lm-suppress-shortcuts="true" hidden="">
<button type="button" aria-label="Back">‹</button
><button type="button">Play</button
><button type="button" aria-label="Forward">›</button
><input type="range" aria-label="Frame" min="0" max="{last}" value="{last}"
aria-valuetext="{says}"/><span class="ourdl-count" aria-hidden="true"
>{count}</span><div class="ourdl-words{lines}" data-part="words"
><output aria-live="polite">{says}</output
><div class="ourdl-room" aria-hidden="true">{room}</div></div></div>
"""

MOVING = """
for (const root of document.querySelectorAll(".ourdl-player:not([data-on])")) {
  const find = what => root.querySelectorAll(what);
  const { tracks, words, seconds } = JSON.parse(find(":scope > script")[0].text);
  const all = find(".ourdl-controls, .ourdl-controls > *");
  const [controls, back, play, next, slider, count] = all;
  const [box, says] = find(".ourdl-picture, output");
  const last = words.length - 1;
  let now = last, timer;
  const show = frame => {
    slider.value = frame;
    now = +slider.value;
    const fresh = [];
    for (const [part, name, values] of tracks) {
      let at = now;
      while (values[at] === null) at--;
      for (const each of find(`[data-part="${part}"]`)) {
        if (name === "text") each.textContent = values[at];
        else each.setAttribute(name, values[at]);
        if (name === "text" && at === now && values[at]) fresh.push(each);
      }
    }
    slider.ariaValueText = says.textContent = words[now];
    count.textContent = `${now + 1} / ${words.length}`;
    const boxes = [...find(".lit"), ...fresh].map(part => part.getBoundingClientRect());
    const lit = boxes.filter(each => each.width);
    const ends = lit.flatMap(each => [each.left, each.right]);
    const middle = (Math.min(...ends) + Math.max(...ends)) / 2;
    const view = box.getBoundingClientRect();
    if (lit.length) box.scrollLeft += middle - (view.left + view.right) / 2;
  };
  const run = on => {
    clearInterval(timer);
    timer = on && setInterval(() => now < last ? show(now + 1) : run(), 1000 * seconds);
    play.textContent = on ? "Pause" : "Play";
    says.ariaLive = on ? "off" : "polite";
  };
"""

OBEYING = """
  const move = by => { run(); show(now + by); };
  const toggle = () => { if (!timer && now === last) show(0); run(!timer); };
  controls.onkeydown = e => {
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -last, End: last }[e.key];
    if (by) move(by);
    else if (e.key === " " && e.target === slider) toggle();
    else return;
    e.preventDefault();
  };
  back.onclick = () => move(-1);
  next.onclick = () => move(1);
  play.onclick = toggle;
  slider.oninput = () => move(slider.value - now);
  let before = 0;
  addEventListener("beforeprint", () => { before = now; move(last); });
  addEventListener("afterprint", () => move(before - now));
  show(0);
  root.dataset.on = "";
  controls.hidden = false;
}
"""

SCRIPT = (MOVING + OBEYING).replace("  ", "")


def animate(figure, update, frames, alt, seconds=0.1):
    """A plot whose lines move; the figure is closed.

    Args:
        figure: matplotlib's figure, with all its lines.
        update: function of a frame's number that gives the lines their data, and
            returns a few words that say which frame this is.
        frames: how many there are.
        alt: one sentence that says what to see.
        seconds: how long a frame lasts.

    Returns:
        An `Animation`.

    >>> import matplotlib.figure
    >>> import ourdl as od
    >>> figure = matplotlib.figure.Figure()
    >>> line, = figure.subplots().plot([0, 1], [0, 1])
    >>> def update(frame):
    ...     line.set_ydata([0, frame])
    ...     return f"slope {frame}"
    >>> od.animate(figure, update, 2, alt="A line that rises.")
    A line that rises. (2 frames, from "slope 0" to "slope 1")

    Source: behind the pictures.
    """
    figure.draw_without_rendering()  # so that everything has its place
    figure.set_layout_engine("none")
    lines = [line for panel in figure.axes for line in panel.lines]
    words, outlines = [], []
    for frame in range(frames):
        words.append(update(frame))
        outlines.append([line_path(figure, line) for line in lines])
    for place, line in enumerate(lines):
        line.set_gid(f"line{place}")
    still, tracks = picture(figure, alt), []
    for place, values in enumerate(zip(*outlines, strict=True)):
        if len({*values}) > 1:
            tracks.append((place, "d", blank_repeats(values)))
            start = rf'(-line{place}">\s*<path) '
            still.svg = re.sub(start, rf'\1 data-part="{place}" ', still.svg)
    return Animation(still, tracks, words, seconds)


def line_path(figure, line):
    """A line of a plot as an SVG path, in tenths of a point."""
    points = line.get_transform().transform(line.get_xydata()) * 72 / figure.dpi
    points[:, 1] = figure.get_figheight() * 72 - points[:, 1]
    return "M" + "L".join([f"{x:g} {y:g}" for x, y in np.round(points, 1) + 0.0])


def blank_repeats(values):
    """The values, with None where one is the same as the one before."""
    return [
        None if place and value == values[place - 1] else value
        for place, value in enumerate(values)
    ]


__all__ = ["Animation", "animate"]
