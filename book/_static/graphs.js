// Every graph answers: a node that is hovered, touched or has the focus lights its parents and children, and a card
// says its name, formula, shape and value, what the table of derivatives hands on, and where its op is built.
{
  const ops = JSON.parse(document.getElementById("ops")?.text ?? "{}");
  const make = (kind, textContent, more) => Object.assign(document.createElement(kind), { textContent, ...more });
  const card = make("div", "", { className: "node-card", popover: "manual", role: "group", ariaLabel: "About this node" });
  let lit = null, pinned = false, timer;

  const list = (names) => names.join(names.length > 2 ? ", " : " and ");
  const lines = ({ facts, parents, children }, n) => {
    const [name, formula, op, shape, value] = facts[n], hands = ops[op]?.hands ?? [], isNumber = name === formula;
    const names = (places) => list([...new Set([...places].map((place) => facts[place][0]))]);
    return [
      isNumber ? `${name}, a constant` : `${name} = ${formula}`,
      [shape && `shape ${shape}`, value && !isNumber && `value ${value}`].filter(Boolean).join(", "),
      hands.length && `Back: hands ${list(hands)}`,
      parents[n].size && `From ${names(parents[n])}`,
      children[n].size && `To ${names(children[n])}`,
    ].filter(Boolean);
  };

  const hide = () => {
    clearTimeout(timer);
    if (lit) {
      delete lit.svg.dataset.touched;
      for (const mark of lit.svg.querySelectorAll("[data-near]")) delete mark.dataset.near;
      card.remove();
    }
    lit = null;
    pinned = false;
  };
  const leave = () => {
    clearTimeout(timer);
    if (!pinned) timer = setTimeout(hide, 300);
  };

  const place = () => {
    const node = lit.nodes[lit.n].getBoundingClientRect(), own = card.getBoundingClientRect();
    const room = document.documentElement.clientWidth - own.width - 8, below = node.bottom + 6;
    const fits = below + own.height < innerHeight || node.top < own.height + 6;
    card.style.left = `${scrollX + Math.max(8, Math.min(node.left, room))}px`;
    card.style.top = `${scrollY + (fits ? below : node.top - own.height - 6)}px`;
  };

  const show = (graph, n) => {
    clearTimeout(timer);
    if (lit === graph && lit.n === n) return;
    hide();
    lit = Object.assign(graph, { n });
    const near = new Set([n, ...graph.parents[n], ...graph.children[n]].map(String));
    for (const mark of graph.svg.querySelectorAll("[data-at]")) {
      const [from, to] = mark.dataset.at.split("-");
      if (to ? from === `${n}` || to === `${n}` : near.has(from)) mark.dataset.near = "";
    }
    graph.nodes[n].dataset.near = "self";
    graph.svg.dataset.touched = "";
    const [first, ...rest] = lines(graph, n), key = graph.facts[n][2], op = ops[key];
    card.replaceChildren(make("strong", first), ...rest.map((line) => make("span", line)));
    if (op) card.append(make("a", `${key.split(".")[1]}: its cell in ${op.page}`, { href: op.at }));
    graph.box.after(card);
    card.showPopover?.();
    place();
  };

  const prepare = (box, svg, facts) => {
    const sets = () => facts.map(() => new Set());
    const graph = { box, svg, facts, nodes: [], parents: sets(), children: sets() }, { nodes } = graph;
    for (const mark of svg.querySelectorAll("[data-at]")) {
      const [n, to] = mark.dataset.at.split("-");
      if (to) {
        graph.parents[to].add(+n);
        graph.children[n].add(+to);
      } else if (!nodes[n]) nodes[n] = mark;
      else if (mark.tagName === "text") mark.ariaHidden = "true";
    }
    svg.setAttribute("role", "group");
    nodes.forEach((node, n) => {
      node.setAttribute("role", "button");
      node.tabIndex = n ? -1 : 0;
      node.ariaLabel = lines(graph, n).join(". ");
    });
    const at = ({ target }) => {
      const place = target.closest("[data-at]")?.dataset.at;
      return place && !place.includes("-") ? +place : null;
    };
    const on = (type, act) => svg.addEventListener(type, (event) => act(at(event), event));
    on("pointerover", (n, { pointerType }) => {
      if (pointerType === "mouse" && !pinned) n === null ? leave() : show(graph, n);
    });
    on("pointerleave", leave);
    on("click", (n, event) => {
      event.stopPropagation();
      if (n === null || (pinned && lit === graph && lit.n === n)) return hide();
      show(graph, n);
      pinned = true;
    });
    on("focusin", (n, { target }) => target.matches(":focus-visible") && show(graph, n));
    on("focusout", (n, { relatedTarget }) => card.contains(relatedTarget) || pinned || hide());
    on("keydown", (n, event) => {
      const to = {
        ArrowLeft: [...graph.parents[n]][0], ArrowRight: [...graph.children[n]][0],
        ArrowUp: n - 1, ArrowDown: n + 1, Home: 0, End: nodes.length - 1,
      };
      const link = /^(Enter| )$/.test(event.key) && card.querySelector("a");
      if (link) link.focus();
      else if (nodes[to[event.key]]) {
        nodes.forEach((node, place) => { node.tabIndex = place === to[event.key] ? 0 : -1; });
        nodes[to[event.key]].focus();
      } else if (!(event.key in to)) return;
      event.preventDefault();
    });
    box.addEventListener("scroll", () => lit === graph && place(), { passive: true });
  };

  card.onpointerenter = () => clearTimeout(timer);
  card.onpointerleave = leave;
  card.addEventListener("focusout", ({ relatedTarget }) => card.contains(relatedTarget) || leave());
  addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !lit) return;
    if (card.contains(document.activeElement)) lit.nodes[lit.n].focus();
    hide();
  });
  addEventListener("click", ({ target }) => card.contains(target) || hide());
  addEventListener("beforeprint", hide);

  for (const box of document.querySelectorAll(".ourdl-picture:has(> script)")) {
    const facts = JSON.parse(box.querySelector("script").text);
    box.querySelectorAll("svg").forEach((svg) => prepare(box, svg, facts));
  }
}
