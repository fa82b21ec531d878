// Looks through the book's sections, terms and names (places: address, title, page, kind, text), best first.
{
  const field = document.querySelector(".bd-search-container input[type=search]");
  const results = document.getElementById("search-results");
  const root = document.documentElement.dataset.content_root;
  const order = { term: 6, name: 5, page: 4, section: 2 };
  const make = (kind, text, parent) => parent.appendChild(Object.assign(document.createElement(kind), { textContent: text }));

  // How well a place fits: all words have to occur; in its title they count most.
  const rate = (words, phrase, [, title, , kind, text]) => {
    const name = title.toLowerCase(), all = `${name} ${text.toLowerCase()}`;
    if (!words.every((word) => all.includes(word))) return 0;
    if (name === phrase || name.split(".").pop() === phrase) return 200 + order[kind];
    let points = order[kind];
    if (name.startsWith(phrase)) points += 60;
    for (const word of words) {
      if (name.includes(word)) points += 40;
      points += Math.min(all.split(word).length - 1, 8);
    }
    return points + (all.includes(phrase) ? 12 : 0);
  };

  // Two hundred letters round the first word that was found, with the words marked.
  const excerpt = (words, text, parent) => {
    const low = text.toLowerCase(), spots = words.map((word) => low.indexOf(word)).filter((spot) => spot >= 0);
    let from = Math.max(0, Math.min(...spots, 1e9) - 60);
    if (from > text.length) from = 0;
    if (from) from = text.indexOf(" ", from) + 1;
    const part = (from ? "… " : "") + text.slice(from, from + 200) + (text.length > from + 200 ? " …" : "");
    const marks = new RegExp(words.map((word) => word.replace(/[^\w\s]/g, "\\$&")).join("|"), "gi");
    let at = 0;
    for (const found of part.matchAll(marks)) {
      parent.append(part.slice(at, found.index));
      make("mark", found[0], parent);
      at = found.index + found[0].length;
    }
    parent.append(part.slice(at));
  };

  const look = () => {
    const phrase = field.value.trim().toLowerCase(), words = phrase.split(/\s+/).filter(Boolean);
    results.replaceChildren();
    if (!words.length) return;
    const rated = places.map((place) => [rate(words, phrase, place), place]).filter(([points]) => points);
    const found = rated.sort(([a], [b]) => b - a).map(([, place]) => place);
    const count = found.length > 50 ? `${found.length} places found; these are the best 50.` : `${found.length} places found.`;
    const told = make("p", found.length ? count : "Nothing is matching. Try a shorter word, or ", results);
    if (!found.length) make("a", "the index", told).href = `${root}book/back_index.html`;
    const list = make("ol", "", results);
    list.className = "found";
    for (const [address, title, page, kind, text] of found.slice(0, 50)) {
      const item = make("li", "", list), link = make("a", title, item);
      link.href = root + address;
      make("span", kind === "page" || title === page ? "" : ` ${page}`, item).className = "page-of";
      if (text) excerpt(words, text, make("p", "", item));
    }
  };

  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.addEventListener("input", look);
  field.form.addEventListener("submit", (event) => {
    event.preventDefault();
    history.replaceState(null, "", `?q=${encodeURIComponent(field.value)}`);
    look();
  });
  look();
  if (!matchMedia("(pointer: coarse)").matches) field.focus();
}
