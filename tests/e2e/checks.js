// What has to hold of every page; each check returns its findings, a sentence each.
(() => {
// A short name for an element, and whether it is seen at all.
const call = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") +
  [...e.classList].map(c => "." + c).join("") + " “" + (e.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40) + "”";
const seen = e => e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true});

// Nothing is wider than the page, save in something that scrolls.
const wide = () => {
  const found = [];
  const root = document.scrollingElement, width = document.documentElement.clientWidth;
  if (root.scrollWidth > width) found.push(`the page scrolls sideways: ${root.scrollWidth} px in ${width}`);
  const clipped = e => {
    for (let a = e.parentElement; a && a !== document.body; a = a.parentElement)
      if (getComputedStyle(a).overflowX !== "visible") return true;
    return false;
  };
  for (const e of document.body.querySelectorAll("*")) {
    const box = e.getBoundingClientRect();
    if (box.width < 2 || (box.right <= width + 1 && box.left >= -1) || !seen(e) || clipped(e)) continue;
    if (box.right <= 0 || getComputedStyle(e).position === "fixed") continue;  // a drawer that is shut
    found.push(`sticks out by ${Math.round(Math.max(box.right - width, -box.left))} px: ${call(e)}`);
  }
  return found;
};

// Every picture is there.
const pictures = () => [...document.images].filter(i => seen(i) && !(i.complete && i.naturalWidth)).map(i => `broken: ${i.src}`).concat(
  [...document.querySelectorAll("article svg[role=img]")].filter(s => seen(s))
    .filter(s => { const b = s.getBoundingClientRect(); return b.width < 8 || b.height < 8; })
    .map(s => `no size: ${s.getAttribute("aria-label")}`));

// An id is one element's.
const ids = () => [...document.querySelectorAll("[id]")].map(e => e.id).filter((id, place, all) => all.indexOf(id) !== place)
  .map(id => `two elements have the id ${id}`);

// Every equation is typeset, and within its column.
const equations = () => {
  const found = [];
  for (const e of document.querySelectorAll("article .math"))
    if (!e.querySelector("math")) found.push(`not typeset: ${call(e)}`);
  for (const e of document.querySelectorAll("merror")) found.push(`TeX error: ${call(e)}`);
  const texts = document.createTreeWalker(document.querySelector("article") || document.body, NodeFilter.SHOW_TEXT);
  for (let t = texts.nextNode(); t; t = texts.nextNode())
    if (/\\[([]|\$\$|\\(begin|frac|partial|text|mathrm)\b/.test(t.data) && !t.parentElement.closest("pre, code, script, style"))
      found.push(`raw TeX: ${t.data.trim().slice(0, 60)}`);
  for (const e of document.querySelectorAll("article math")) {
    if (!seen(e)) continue;
    const maths = e.getBoundingClientRect();
    let column = e.parentElement;
    while (getComputedStyle(column).display.startsWith("inline")) column = column.parentElement;
    for (let a = e; a; a = a === column ? null : a.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(a).overflowX)) column = null;
    if (!column) continue;
    const box = column.getBoundingClientRect();
    if (maths.right > box.right + 2 || maths.left < box.left - 2)
      found.push(`out of its column by ${Math.round(maths.right - box.right)} px: ${call(e.closest(".math") || e)}`);
  }
  return found;
};

// axe-core passes over the words inside an SVG; they have to be read, too.
const contrast = () => {
  const found = [];
  const probe = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    probe.clearRect(0, 0, 1, 1); probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
  };
  const over = (top, below, alpha) => below.map((c, i) => top[i] * alpha + c * (1 - alpha));
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => {
    const layers = [];
    for (let a = e; a; a = a.parentElement) {
      const colour = rgba(getComputedStyle(a).backgroundColor); layers.push(colour); if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, c) => over(c, below, c[3]), [255, 255, 255]);
  };
  const opacity = (e, svg) => { let o = 1; for (let a = e; a && a !== svg; a = a.parentElement) o *= +getComputedStyle(a).opacity; return o; };
  for (const svg of document.querySelectorAll("article svg")) {
    if (!seen(svg)) continue;
    const page = behind(svg.parentElement);
    const shapes = [...svg.querySelectorAll("path, rect, polygon, ellipse, circle, text")].filter(s => !s.closest("defs, clipPath"));
    const boxes = new Map(shapes.map(s => [s, s.getBoundingClientRect()]));
    const told = new Set();
    shapes.forEach((text, place) => {
      if (text.tagName !== "text" || !text.textContent.trim() || !seen(text)) return;
      const box = boxes.get(text), x = box.x + box.width / 2, y = box.y + box.height / 2;
      let ground = page;
      for (const s of shapes.slice(0, place)) {
        const b = boxes.get(s), style = getComputedStyle(s);
        if (s.tagName === "text" || style.fill === "none" || x < b.left || x > b.right || y < b.top || y > b.bottom) continue;
        const m = s.getScreenCTM().inverse(), p = new DOMPoint(x, y).matrixTransform(m);
        if (!s.isPointInFill(p)) continue;
        const colour = rgba(style.fill); ground = over(colour, ground, colour[3] * +style.fillOpacity * opacity(s, svg));
      }
      const style = getComputedStyle(text), ink = rgba(style.fill);
      const seenAs = over(ink, ground, ink[3] * +style.fillOpacity * opacity(text, svg));
      const [dark, bright] = [light(seenAs), light(ground)].sort((a, b) => a - b), ratio = (bright + 0.05) / (dark + 0.05);
      const key = style.fill + ratio.toFixed(1);
      if (ratio < 4.5 && !told.has(key)) { told.add(key);
        found.push(`contrast ${ratio.toFixed(2)} of “${text.textContent.trim().slice(0, 30)}” (${style.fill}) in “${svg.getAttribute("aria-label")}”`); }
    });
  }
  return found;
};

// Whatever takes the focus shows it: by an outline, a shadow, a line or another background.
const focus = () => {
  const found = [], told = new Set();
  const look = e => { const s = getComputedStyle(e); return {
    outline: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 && s.outlineColor !== "rgba(0, 0, 0, 0)" ? s.outline : "none",
    rest: [s.boxShadow, s.textDecorationLine, s.textDecorationThickness, s.backgroundColor, s.borderColor].join()}; };
  const group = e => e.matches("input.sd-tab-input, .sd-tab-set > input") && e.nextElementSibling ? [e, e.nextElementSibling] : [e];
  for (const e of document.querySelectorAll("a[href], button, input, summary, select, textarea, [tabindex]")) {
    if (e.tabIndex < 0 || e.disabled || !seen(e)) continue;
    document.activeElement?.blur();
    const before = group(e).map(look);
    e.focus({preventScroll: true});
    if (document.activeElement !== e) continue;
    const after = group(e).map(look);
    const key = e.tagName + e.className;
    if (!told.has(key) && after.every((now, i) => now.outline === "none" && now.rest === before[i].rest)) {
      told.add(key); found.push(`focus not seen: ${call(e)}`);
    }
  }
  document.activeElement?.blur();
  return found;
};

// A page has thousands of coloured words of code, which take axe half a minute. It need see only one of a kind and
// ground; the others stay as bare text.
const slim = () => {
  const kinds = new Set(), again = [], blocks = [...document.querySelectorAll("article pre")];
  for (const pre of blocks) {
    const ground = [seen(pre)];
    for (let a = pre; a.tagName !== "ARTICLE"; a = a.parentElement) ground.push(getComputedStyle(a).backgroundColor);
    for (const word of pre.querySelectorAll("span")) {
      if (word.firstElementChild || word.id) continue;
      const kind = [word.className, ...ground].join();
      if (kinds.has(kind)) again.push(word);
      kinds.add(kind);
    }
  }
  for (const word of again) word.replaceWith(...word.childNodes);
  for (const pre of blocks) pre.normalize();
};

// Opens what is folded, and shows one tab of every set.
const unfold = tab => {
  document.documentElement.classList.remove("ask");
  document.querySelectorAll("article details").forEach(d => { d.open = true; });
  document.querySelectorAll("article .toggle-hidden > button.toggle-button, article button.toggle-button-hidden").forEach(b => b.click());
  document.querySelectorAll("article .sd-tab-set").forEach(set => {
    const inputs = set.querySelectorAll(":scope > input"); if (inputs.length) inputs[tab % inputs.length].checked = true; });
};

return {wide, pictures, ids, equations, contrast, focus, slim, unfold};
})()
