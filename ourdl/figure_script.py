"""The figure's script: what runs in the page, piece by piece (behind the figures)."""

import re

from .plots import role_colour

BEGINNING = """
for (const root of document.querySelectorAll(".ourdl-explore:not([data-on])")) {
  root.dataset.on = "";
  const find = (what, inside = root) => [...inside.querySelectorAll(what)];
  const part = (name, what = "") => find(`[data-part="${name}"]${what}`);
  const [data, source] = find("script");
  const { start, check, texts, nodes, marks, update, summary, seconds } =
    JSON.parse(data.text);
  const isList = value => value.length !== undefined;
  const list = value => isList(value) ? [...value] : [value];
  const copy = value => isList(value) ? Float64Array.from(value) : value;
  const [says] = find("output"), [controls] = find(".ourdl-knobs");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let program, state, out, steps, timer, waiting, about = summary;
"""

CHECKING = """
  const weigh = value => list(value).reduce(([sum, all, odd], x, i) => {
    const weight = 1 + i * 7 % 11;
    if (!isFinite(x)) return [sum, all, odd + weight * (isNaN(x) ? 1 : x > 0 ? 2 : 3)];
    return [sum + weight * x, all + weight * Math.abs(x), odd];
  }, [0, 0, 0]);
  const isSame = (value, [expected, oddities]) => {
    const [sum, all, odd] = weigh(value);
    return odd === oddities && Math.abs(sum - expected) <= 1e-8 * all;
  };
  const isRight = () => {
    try {
      program = new Function(source.text)();
      return program(...start.map(copy)).every((value, i) => isSame(value, check[i]));
    } catch { return false; }
  };
  if (!isRight()) {
    controls.remove();
    says.textContent = "This browser computes other numbers than the book does. " +
      "So the figure stays as it was printed.";
    root.dataset.on = "still";
    continue;
  }
"""

SAYING = """
  const show = value => {
    if (isList(value)) return value.length > 3 ? `(${value.length} numbers)`
      : `[${[...value].map(show).join(", ")}]`;
    const near = +value.toPrecision(4), far = Math.abs(near);
    const small = far < 1e-4 || (far >= 1e6 && far < Infinity);
    const text = near === 0 ? "0" : small ? near.toExponential().replace("+", "")
      : `${near}`;
    return text.replace(/-/g, "−").replace("Infinity", "inf").replace("NaN", "nan");
  };
  const showBest = all => {
    const most = Math.max(...all);
    return `${all.indexOf(most)} (${show(most)})`;
  };
  const fill = pieces => pieces.map(piece => {
    if (typeof piece === "string") return piece;
    if (piece === null) return steps;
    if (piece.best !== undefined) return showBest(out[piece.best]);
    if (!isList(piece)) return show(out[piece]);
    const text = show(out[piece[0]]);
    return text[0] === "−" ? `(${text})` : text;
  }).join("");
"""

PLACING = """
  const values = slots => slots.flatMap(slot => list(out[slot]));
  const place = (value, from, by) => isNaN(value) ? from.toFixed(1)
    : Math.max(-1e4, Math.min(1e4, from + by * value)).toFixed(1);
  const outline = (xs, ys, [x0, kx, y0, ky]) => {
    let pen = "M";
    return xs.map((x, i) => {
      if (!isFinite(x + ys[i])) { pen = "M"; return ""; }
      const at = `${pen}${place(x, x0, kx)} ${place(ys[i], y0, ky)}`;
      pen = "L";
      return at;
    }).join("") || "M0 0";
  };
  const setPath = (name, d) => part(name, " path").at(-1).setAttribute("d", d);
  const movers = {
    line: ({ name, x, y, box }) => setPath(name, outline(values(x), values(y), box)),
    trail: mark => {
      const [x] = values(mark.x), [y] = values(mark.y), past = mark.past ??= [];
      if (past.length && past.at(-1)[2] === steps) past.pop();
      past.push([x, y, steps]);
      if (past.length > 500) past.shift();
      setPath(mark.name, outline(past.map(p => p[0]), past.map(p => p[1]), mark.box));
    },
    dots: ({ name, x, y, box: [x0, kx, y0, ky] }) => {
      const xs = values(x), ys = values(y);
      part(name, " use").forEach((dot, i) => {
        dot.setAttribute("x", place(xs[i], x0, kx));
        dot.setAttribute("y", place(ys[i], y0, ky));
        if (!dot.dataset.drag) return;
        dot.setAttribute("aria-valuenow", +xs[i].toPrecision(4));
        dot.setAttribute("aria-valuetext", `${show(xs[i])}, ${show(ys[i])}`);
      });
    },
    bars: ({ name, y, rects, flat, box: [x0, kx, y0, ky] }) => {
      values(y).forEach((value, i) => {
        const [from, by, side, sideBy] = flat ? [x0, kx, y0, ky] : [y0, ky, x0, kx];
        const [low, high] = rects[i].map(at => place(at, side, sideBy));
        const [zero, end] = [0, value].map(at => place(at, from, by));
        const [bar] = part(`${name}-${i}`, " path");
        bar.setAttribute("d", flat ? `M${zero} ${low}H${end}V${high}H${zero}Z`
          : `M${low} ${zero}V${end}H${high}V${zero}Z`);
      });
    },
    pixels: ({ name, y, top }) => {
      const all = values(y), most = top || Math.max(...all.map(Math.abs)) || 1;
      part(name, " path").forEach((cell, i) => {
        const ink = Math.min(Math.abs(all[i]) / most, 1);
        cell.setAttribute("fill-opacity", ink.toFixed(2));
        if (!top) cell.setAttribute("class", all[i] < 0 ? "less" : "more");
      });
    },
  };
"""

CONTOURS = """
  const ring = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]];
  movers.contour = mark => {
    const { name, of: [v, w], slot, levels, xs, ys, box: [x0, kx, y0, ky] } = mark;
    const others = String(state.filter((_, i) => i !== v && i !== w));
    if (mark.others === others) return;
    mark.others = others;
    const trial = [...state];
    const heights = ys.map(y => xs.map(x => {
      [trial[v], trial[w]] = [x, y];
      return program(...trial)[slot];
    }));
    part(name, " path").forEach((path, number) => {
      const d = [];
      for (let j = 0; j + 1 < ys.length; j++) for (let i = 0; i + 1 < xs.length; i++) {
        const cut = [];
        for (let k = 0; k < 4; k++) {
          const [a, b] = [i + ring[k][0], j + ring[k][1]];
          const [c, e] = [i + ring[k + 1][0], j + ring[k + 1][1]];
          const low = heights[b][a] - levels[number];
          const high = heights[e][c] - levels[number];
          if (low < 0 === high < 0) continue;
          const t = low / (low - high);
          cut.push(place(xs[a] + t * (xs[c] - xs[a]), x0, kx) + " " +
            place(ys[b] + t * (ys[e] - ys[b]), y0, ky));
        }
        for (let k = 0; k + 1 < cut.length; k += 2) d.push(`M${cut[k]}L${cut[k + 1]}`);
      }
      path.setAttribute("d", d.join("") || "M0 0");
    });
    out = program(...state);
  };
"""

RUNNING = """
  const render = () => {
    waiting = 0;
    out = program(...state);
    for (const mark of marks) movers[mark.kind](mark);
    for (const [name, text] of texts) {
      part(name).forEach(each => { each.textContent = fill(text); });
    }
    for (const knob of find("[data-knob]")) {
      const value = state[knob.dataset.knob];
      if (isList(value)) knob.value = [...value].indexOf(1);
      else {
        knob.value = knob.dataset.log ? Math.log10(value) : value;
        knob.ariaValueText = knob.nextElementSibling.textContent = show(value);
      }
    }
    const text = fill(about);
    if (says.textContent !== text) says.textContent = text;
  };
  const soon = () => { waiting ||= requestAnimationFrame(render); };
  const begin = () => {
    state = start.map(copy);
    steps = 0;
    for (const mark of marks) mark.past = [];
    render();
  };
  const step = () => {
    out = program(...state);
    const next = update.map(([, slot]) => copy(out[slot]));
    update.forEach(([variable], i) => { state[variable] = next[i]; });
    steps++;
    soon();
  };
  const [go] = find("[data-do=run]");
  const run = on => {
    clearInterval(timer);
    timer = on && !calm ? setInterval(step, 1000 * seconds) : 0;
    if (on && calm) for (let k = 0; k < 50; k++) { step(); render(); }
    if (go) go.textContent = timer ? "Pause" : "Run";
    says.ariaLive = timer ? "off" : "polite";
  };
  const reset = () => { run(); about = summary; light(); begin(); };
  const clear = () => {
    for (const { pen } of marks) if (pen !== undefined) state[pen].fill(0);
    soon();
  };
  const once = () => { run(); step(); };
  const actions = { step: once, run: () => run(!timer), reset, clear };
  for (const button of find("[data-do]")) button.onclick = actions[button.dataset.do];
"""

KNOBS = """
  const stop = e => { e.preventDefault(); e.stopPropagation(); };
  for (const knob of find("[data-knob]")) {
    const variable = knob.dataset.knob;
    knob.oninput = () => {
      if (isList(state[variable])) state[variable].fill(0)[knob.value] = 1;
      else state[variable] = knob.dataset.log ? 10 ** knob.value : +knob.value;
      soon();
    };
    if (knob.type === "range") knob.onkeydown = e => {
      const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1,
        PageDown: -10, PageUp: 10, Home: -1e9, End: 1e9 }[e.key];
      if (!by) return;
      knob.value = +knob.value + by * knob.step;
      knob.oninput();
      stop(e);
    };
  }
"""

TOUCHING = """
  const light = name => {
    for (const each of find(".lit")) each.classList.remove("lit");
    for (const each of part(name, ":is(rect, circle)")) each.classList.add("lit");
  };
  const boxes = find("svg").flatMap(svg => nodes.map(([name, ...rest]) =>
    [find(`[data-part="${name}"]:is(rect, circle)`, svg)[0], svg, name, ...rest]));
  for (const [box, svg, name, called, lines] of boxes) {
    if (!box) continue;
    svg.setAttribute("role", "group");
    box.setAttribute("role", "button");
    box.setAttribute("aria-label", called);
    box.tabIndex = 0;
    box.style.cursor = "pointer";
    box.style.pointerEvents = "all";
    const tell = () => { light(name); about = lines; soon(); };
    const hush = () => { light(); about = summary; soon(); };
    box.onclick = box.onfocus = box.onpointerenter = tell;
    box.onpointerleave = () => { if (document.activeElement !== box) hush(); };
    box.onkeydown = e => { if (e.key === "Escape") hush(); };
  }
"""

DRAGGING = """
  const point = (e, svg) =>
    new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const xmlns = "http://www.w3.org/2000/svg";
  for (const { name, box, drag, ends } of marks) {
    if (!drag) continue;
    const [x0, kx, y0, ky] = box;
    const dots = part(name, " use"), svg = dots[0].closest("svg");
    const read = dot => ["x", "y"].map(axis => +dot.getAttribute(axis));
    const put = (i, to) => {
      drag.forEach((variable, axis) => {
        if (variable < 0) return;
        const value = Math.min(Math.max(to[axis], ends[axis][0]), ends[axis][1]);
        if (isList(state[variable])) state[variable][i] = value;
        else state[variable] = value;
      });
      soon();
    };
    const choose = i => {
      dots.forEach((dot, k) => { dot.tabIndex = k === i ? 0 : -1; });
      dots[i].focus();
    };
    const nearest = ({ x, y }) => {
      const far = dots.map(dot => Math.hypot(read(dot)[0] - x, read(dot)[1] - y));
      return far.indexOf(Math.min(...far));
    };
    svg.setAttribute("role", "group");
    dots.forEach((dot, i) => {
      const many = dots.length > 1 ? `point ${i + 1} of ${dots.length}` : "point";
      const keys = dots.length > 1 ? ", Page Up and Page Down choose" : "";
      Object.assign(dot.dataset, { drag: i });
      dot.setAttribute("role", "slider");
      dot.setAttribute("aria-label", `${many}: arrow keys move it${keys}`);
      dot.tabIndex = i ? -1 : 0;
      const area = document.createElementNS(xmlns, "circle");
      area.setAttribute("class", "ourdl-area");
      area.setAttribute("r", 22);
      dot.after(area);
      for (const each of [dot, area]) each.addEventListener("touchstart",
        e => e.preventDefault(), { passive: false });
      let held;
      area.onpointerdown = dot.onpointerdown = e => {
        held = nearest(point(e, svg));
        e.target.setPointerCapture(e.pointerId);
        choose(held);
        e.preventDefault();
      };
      area.onpointermove = dot.onpointermove = e => {
        if (!e.target.hasPointerCapture(e.pointerId)) return;
        const { x, y } = point(e, svg);
        put(held, [(x - x0) / kx, (y - y0) / ky]);
      };
      dot.onkeydown = e => {
        const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1],
          ArrowDown: [0, -1] }[e.key];
        const to = { PageUp: i - 1, PageDown: i + 1 }[e.key];
        const [x, y] = read(dot);
        const now = [(x - x0) / kx, (y - y0) / ky].map((value, axis) =>
          drag[axis] < 0 ? value : list(state[drag[axis]])[i]);
        if (by) put(i, now.map((value, axis) =>
          value + by[axis] * (ends[axis][1] - ends[axis][0]) / 50));
        else if (dots[to]) choose(to);
        else return;
        stop(e);
      };
    });
    const { dots: move } = movers;
    movers.dots = mark => {
      move(mark);
      if (mark.name !== name) return;
      const scale = svg.getScreenCTM()?.a || 1;
      for (const dot of dots) {
        const [x, y] = read(dot), area = dot.nextSibling;
        area.setAttribute("cx", x);
        area.setAttribute("cy", y);
        area.setAttribute("r", (22 / scale).toFixed(1));
      }
    };
  }
"""

DRAWING = """
  for (const { name, pen, top, wide } of marks) {
    if (pen === undefined) continue;
    const [svg] = part(name), tall = start[pen].length / wide;
    let x = 0, y = 0, last;
    const ink = (a, b) => {
      state[pen].forEach((old, i) => {
        const far = Math.hypot(i % wide + .5 - a, (i / wide | 0) + .5 - b);
        state[pen][i] = Math.max(old, Math.min(top, top * (1.25 - far)));
      });
      soon();
    };
    svg.style.touchAction = "none";
    svg.style.cursor = "crosshair";
    svg.tabIndex = 0;
    svg.setAttribute("role", "application");
    svg.onpointerdown = e => {
      svg.setPointerCapture(e.pointerId);
      last = point(e, svg);
      ink(last.x, last.y);
    };
    svg.onpointermove = e => {
      if (!svg.hasPointerCapture(e.pointerId)) return;
      const next = point(e, svg), [dx, dy] = [next.x - last.x, next.y - last.y];
      const many = Math.ceil(4 * Math.hypot(dx, dy));
      for (let k = 1; k <= many; k++) {
        ink(last.x + dx * k / many, last.y + dy * k / many);
      }
      last = next;
    };
    svg.onkeydown = e => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1],
        ArrowDown: [0, 1] }[e.key];
      const at = y * wide + x;
      if (by) {
        x = Math.min(Math.max(x + by[0], 0), wide - 1);
        y = Math.min(Math.max(y + by[1], 0), tall - 1);
        find("path", svg).forEach((cell, i) =>
          cell.classList.toggle("here", i === y * wide + x));
      } else if (e.key === " ") state[pen][at] = state[pen][at] ? 0 : top;
      else if (e.key === "Delete") clear();
      else return;
      soon();
      stop(e);
    };
  }
"""

ENDING = """
  controls.hidden = false;
  begin();
}
"""

PIECES = (
    BEGINNING, CHECKING, SAYING, PLACING, CONTOURS, RUNNING, KNOBS, TOUCHING, DRAGGING,
    DRAWING, ENDING,
)  # fmt: skip
SCRIPT = re.sub(r"\n\s*", "\n", "".join(PIECES)).strip()

LOOKS = f"""
.ourdl-panels {{ display: flex; flex-wrap: wrap; gap: .5em 1.5em; align-items: center;
justify-content: center; }}
.ourdl-panels > * {{ min-width: 0; }}
.ourdl-panels text {{ pointer-events: none; }}
.ourdl-knobs {{ display: flex !important; flex-wrap: wrap; align-items: center;
gap: .4em 1.2em; padding: 3px; }}
.ourdl-knobs[hidden] {{ visibility: hidden; }}
.ourdl-knobs label {{ display: flex; align-items: center; gap: .5em; }}
.ourdl-knobs label span {{ min-width: 4.5em; font-variant-numeric: tabular-nums; }}
.ourdl-knobs :is(button, input, select) {{
font: inherit; color: inherit; accent-color: {role_colour("forward")}; }}
.ourdl-knobs :is(button, select) {{
background: none; border: 1px solid; border-radius: 4px; padding: .1em .7em; }}
.ourdl-knobs option {{ color: #000; background: #fff; }}
.ourdl-knobs input {{ width: 9em; flex: none; }}
.ourdl-knobs :is(button, input, select) {{ min-height: 28px; }}
@media (max-width: 600px) {{ .ourdl-knobs label:has(input) {{ flex: 1 1 100%; }}
.ourdl-knobs input {{ width: auto; min-width: 0; flex: 1; }} }}
@media (pointer: coarse) {{
.ourdl-knobs :is(button, input, select) {{ min-height: 44px; min-width: 44px; }} }}
.ourdl-says {{ display: grid; align-items: start; white-space: pre-line;
margin-top: .4em; line-height: 1.45; overflow-wrap: anywhere; text-align: left;
font-variant-numeric: tabular-nums; }}
.ourdl-says > * {{ padding-left: .6em;
border-left: 4px solid {role_colour("forward")}; }}
.ourdl-says > *, .ourdl-room > * {{ grid-area: 1 / 1; }}
.ourdl-room {{ display: grid; visibility: hidden; }}
.ourdl-explore .lit {{ stroke-width: 3.2; }}
.ourdl-explore :focus-visible {{ outline: 2px solid; outline-offset: 2px; }}
.ourdl-explore use[tabindex] {{ cursor: grab; touch-action: none; }}
.ourdl-area {{ fill: none; stroke: none; pointer-events: all; cursor: grab;
touch-action: none; }}
.ourdl-pixels {{ max-width: 100%; height: auto; outline: 1px solid; }}
.ourdl-pixels path {{
fill: currentColor; stroke: currentColor; stroke-opacity: .15; stroke-width: .02; }}
.ourdl-pixels .more {{ fill: {role_colour("backward")}; }}
.ourdl-pixels .less {{ fill: {role_colour("forward")}; }}
.ourdl-pixels .here {{ stroke-opacity: 1; stroke-width: .12; }}
@media (scripting: none) {{
.ourdl-explore :is(.ourdl-knobs, .ourdl-room) {{ display: none !important; }} }}
@media print {{
.ourdl-explore :is(.ourdl-knobs, .ourdl-room) {{ display: none !important; }}
.ourdl-pixels {{ max-height: 60mm; width: auto; }} }}
""".strip()

__all__ = []
