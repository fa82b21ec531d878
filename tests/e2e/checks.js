// What has to hold of every page; each check returns its findings, a sentence each.
(() => {
// A short name for an element, and whether it is seen at all.
const describe = e => {
  const words = (e.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
  const classes = [...e.classList].map(c => "." + c).join("");
  return `${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""}${classes} “${words}”`;
};
const isSeen = e =>
  e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true});
const findAll = selector => [...document.querySelectorAll(selector)];

// Nothing is wider than the page, save in something that scrolls.
const wide = () => {
  const findings = [];
  const root = document.scrollingElement;
  const width = document.documentElement.clientWidth;
  if (root.scrollWidth > width)
    findings.push(`the page scrolls sideways: ${root.scrollWidth} px in ${width}`);
  const isClipped = e => {
    for (let a = e.parentElement; a && a !== document.body; a = a.parentElement)
      if (getComputedStyle(a).overflowX !== "visible") return true;
    return false;
  };
  for (const e of document.body.querySelectorAll("*")) {
    const box = e.getBoundingClientRect();
    const isInside = box.right <= width + 1 && box.left >= -1;
    if (box.width < 2 || isInside || !isSeen(e) || isClipped(e)) continue;
    if (box.right <= 0 || getComputedStyle(e).position === "fixed")
      continue;  // a drawer that is shut
    const excess = Math.round(Math.max(box.right - width, -box.left));
    findings.push(`sticks out by ${excess} px: ${describe(e)}`);
  }
  return findings;
};

// Every picture is there.
const pictures = () => {
  const isSmall = box => box.width < 8 || box.height < 8;
  const images = [...document.images].filter(isSeen)
    .filter(i => !(i.complete && i.naturalWidth));
  const drawings = findAll("article svg[role=img]").filter(isSeen)
    .filter(s => isSmall(s.getBoundingClientRect()));
  return images.map(i => `broken: ${i.src}`)
    .concat(drawings.map(s => `no size: ${s.getAttribute("aria-label")}`));
};

// An id is one element's.
const ids = () => findAll("[id]").map(e => e.id)
  .filter((id, place, all) => all.indexOf(id) !== place)
  .map(id => `two elements have the id ${id}`);

// The part whose width an equation must keep; none where something scrolls.
const findColumn = e => {
  let column = e.parentElement;
  while (getComputedStyle(column).display.startsWith("inline"))
    column = column.parentElement;
  for (let a = e; a; a = a === column ? null : a.parentElement)
    if (["auto", "scroll"].includes(getComputedStyle(a).overflowX)) return null;
  return column;
};

// Every equation is typeset, and within its column.
const equations = () => {
  const findings = [];
  for (const e of findAll("article .math"))
    if (!e.querySelector("math")) findings.push(`not typeset: ${describe(e)}`);
  for (const e of findAll("merror")) findings.push(`TeX error: ${describe(e)}`);
  const article = document.querySelector("article") || document.body;
  const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  const tex = /\\[([]|\$\$|\\(begin|frac|partial|text|mathrm)\b/;
  for (let t = texts.nextNode(); t; t = texts.nextNode())
    if (tex.test(t.data) && !t.parentElement.closest("pre, code, script, style"))
      findings.push(`raw TeX: ${t.data.trim().slice(0, 60)}`);
  for (const e of findAll("article math").filter(isSeen)) {
    const column = findColumn(e);
    if (!column) continue;
    const formula = e.getBoundingClientRect(), box = column.getBoundingClientRect();
    if (formula.right > box.right + 2 || formula.left < box.left - 2) {
      const excess = Math.round(formula.right - box.right);
      const whole = e.closest(".math") || e;
      findings.push(`out of its column by ${excess} px: ${describe(whole)}`);
    }
  }
  return findings;
};

// Colours as numbers, one over another, and their contrast as WCAG has it.
const probe = document.createElement("canvas")
  .getContext("2d", {willReadFrequently: true});
const parseColour = colour => {
  probe.clearRect(0, 0, 1, 1); probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
};
const blend = (top, below, alpha) =>
  below.map((c, i) => top[i] * alpha + c * (1 - alpha));
const luminance = colour => {
  const [r, g, b] = colour.map(c => c / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (ink, ground) => {
  const [dark, bright] = [luminance(ink), luminance(ground)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
};
const findBackground = e => {
  const layers = [];
  for (let a = e; a; a = a.parentElement) {
    layers.push(parseColour(getComputedStyle(a).backgroundColor));
    if (layers.at(-1)[3] === 1) break;
  }
  const white = [255, 255, 255];
  return layers.reverse().reduce((below, c) => blend(c, below, c[3]), white);
};
const opacity = (e, svg) => {
  let product = 1;
  for (let a = e; a && a !== svg; a = a.parentElement)
    product *= +getComputedStyle(a).opacity;
  return product;
};

// axe-core passes over the words inside an SVG; they have to be read, too.
const contrast = () => {
  const findings = [];
  for (const svg of findAll("article svg").filter(isSeen)) {
    const page = findBackground(svg.parentElement);
    const fill = (shape, below) => {
      const style = getComputedStyle(shape), colour = parseColour(style.fill);
      return blend(colour, below, colour[3] * +style.fillOpacity * opacity(shape, svg));
    };
    const parts = svg.querySelectorAll("path, rect, polygon, ellipse, circle, text");
    const shapes = [...parts].filter(s => !s.closest("defs, clipPath"));
    const boxes = new Map(shapes.map(s => [s, s.getBoundingClientRect()]));
    const covers = (shape, x, y) => {
      const b = boxes.get(shape);
      if (shape.tagName === "text" || getComputedStyle(shape).fill === "none")
        return false;
      if (x < b.left || x > b.right || y < b.top || y > b.bottom) return false;
      const point = new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse());
      return shape.isPointInFill(point);
    };
    const known = new Set();
    shapes.forEach((text, place) => {
      const words = text.textContent.trim();
      if (text.tagName !== "text" || !words || !isSeen(text)) return;
      const box = boxes.get(text);
      const x = box.x + box.width / 2, y = box.y + box.height / 2;
      const below = shapes.slice(0, place).filter(s => covers(s, x, y));
      const ground = below.reduce((colour, s) => fill(s, colour), page);
      const value = ratio(fill(text, ground), ground);
      const colour = getComputedStyle(text).fill, key = colour + value.toFixed(1);
      if (value >= 4.5 || known.has(key)) return;
      known.add(key);
      const picture = svg.getAttribute("aria-label");
      findings.push(`contrast ${value.toFixed(2)} of “${words.slice(0, 30)}” ` +
        `(${colour}) in “${picture}”`);
    });
  }
  return findings;
};

// Whatever takes the focus shows it: by an outline, a shadow, a line, a background.
const focus = () => {
  const findings = [], known = new Set();
  const look = e => {
    const s = getComputedStyle(e);
    const hasOutline = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 &&
      s.outlineColor !== "rgba(0, 0, 0, 0)";
    const rest = [s.boxShadow, s.textDecorationLine, s.textDecorationThickness,
      s.backgroundColor, s.borderColor];
    return {hasOutline, rest: rest.join()};
  };
  const tab = "input.sd-tab-input, .sd-tab-set > input";
  const group = e => e.matches(tab) && e.nextElementSibling ?
    [e, e.nextElementSibling] : [e];
  const parts = "a[href], button, input, summary, select, textarea, [tabindex]";
  for (const e of findAll(parts)) {
    if (e.tabIndex < 0 || e.disabled || !isSeen(e)) continue;
    document.activeElement?.blur();
    const before = group(e).map(look);
    e.focus({preventScroll: true});
    if (document.activeElement !== e) continue;
    const after = group(e).map(look);
    const key = e.tagName + e.className;
    const isSame = (now, i) => !now.hasOutline && now.rest === before[i].rest;
    if (!known.has(key) && after.every(isSame)) {
      known.add(key);
      findings.push(`focus not seen: ${describe(e)}`);
    }
  }
  document.activeElement?.blur();
  return findings;
};

// A page has thousands of coloured words of code, which take axe half a minute. It need
// see only one of a kind and ground; the others stay as bare text.
const slim = () => {
  const kinds = new Set(), repeated = [], blocks = findAll("article pre");
  for (const pre of blocks) {
    const ground = [isSeen(pre)];
    for (let a = pre; a.tagName !== "ARTICLE"; a = a.parentElement)
      ground.push(getComputedStyle(a).backgroundColor);
    for (const word of pre.querySelectorAll("span")) {
      if (word.firstElementChild || word.id) continue;
      const kind = [word.className, ...ground].join();
      if (kinds.has(kind)) repeated.push(word);
      kinds.add(kind);
    }
  }
  for (const word of repeated) word.replaceWith(...word.childNodes);
  for (const pre of blocks) pre.normalize();
};

// Opens what is folded, and shows one tab of every set.
const unfold = tab => {
  document.documentElement.classList.remove("ask");
  for (const part of findAll("article details")) part.open = true;
  const toggles = "article .toggle-hidden > button.toggle-button, " +
    "article button.toggle-button-hidden";
  for (const button of findAll(toggles)) button.click();
  for (const set of findAll("article .sd-tab-set")) {
    const inputs = set.querySelectorAll(":scope > input");
    if (inputs.length) inputs[tab % inputs.length].checked = true;
  }
};

return {wide, pictures, ids, equations, contrast, focus, slim, unfold};
})()
