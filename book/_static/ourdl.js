// What the theme leaves out for those who read with a screen reader.
document.addEventListener("DOMContentLoaded", () => {
  // A button is called what it says.
  for (const button of document.querySelectorAll(".search-button-field, details.hide > summary")) {
    button.removeAttribute("aria-label");
  }
  for (const summary of document.querySelectorAll(".bd-sidenav summary")) {
    summary.setAttribute("aria-label", "Pages below");
  }
  // A list has items.
  for (const entry of document.querySelectorAll(".citation-list > .citation")) {
    entry.setAttribute("role", "listitem");
  }
  // Everything stands in a landmark.
  document.querySelector(".sidebar-primary-item:has(.navbar-brand)")?.setAttribute("role", "banner");
  // An icon is no text.
  for (const icon of document.querySelectorAll(".fa-solid, .fas")) {
    icon.setAttribute("aria-hidden", "true");
  }
  // The contents close when one of their lines is chosen.
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => event.target.closest("a[href]") && dialog.close());
  }
  watchWidths();
  askFirst();
  showProgress();
  turnPages();
});

// What is wider than its column, even if it was folded at first, fades where it goes on, can be scrolled by the arrow
// keys, and, if it is code, gets a button that breaks the lines of all cells.
const watchWidths = () => {
  const root = document.documentElement;
  const wraps = () => root.classList.contains("wrapped");
  const name = (button) => {
    button.title = button.ariaLabel = wraps() ? "Don’t break long lines" : "Break long lines";
    button.ariaPressed = wraps();
    button.textContent = "↩";
  };
  const fade = (part) => part.classList.toggle("more", part.scrollWidth - part.clientWidth - part.scrollLeft > 2);
  const offer = (part) => {
    const box = part.closest(".cell_input, .sd-tab-content")?.contains(part) && part.parentElement;
    if (!box || box.querySelector(".wrapbtn")) return;
    const button = Object.assign(document.createElement("button"), { className: "wrapbtn", type: "button" });
    name(button);
    button.onclick = () => {
      const { top } = button.getBoundingClientRect();
      root.classList.toggle("wrapped");
      keep("wrapped", wraps());
      document.querySelectorAll(".wrapbtn").forEach(name);
      scrollBy({ top: button.getBoundingClientRect().top - top, behavior: "instant" });
    };
    box.append(button);
  };
  // What is more than twice its column's width can be seen whole.
  const shrink = (box, long) => {
    const old = box.previousElementSibling;
    if (old?.matches("button.whole")) return long || box.matches(".whole") || old.remove();
    if (!long) return;
    const button = Object.assign(document.createElement("button"), { className: "whole", type: "button", textContent: "See it whole" });
    button.onclick = () => {
      button.ariaPressed = box.classList.toggle("whole");
      button.textContent = box.matches(".whole") ? "Read it" : "See it whole";
    };
    box.before(button);
  };
  const wide = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const goesOn = target.scrollWidth > target.clientWidth;
      target.toggleAttribute("tabindex", goesOn);
      if (goesOn) target.tabIndex = 0;
      if (goesOn && target.matches("pre")) offer(target);
      if (target.matches(".ourdl-picture")) shrink(target, target.scrollWidth > 2.2 * target.clientWidth);
      fade(target);
    }
  });
  for (const part of document.querySelectorAll(".bd-content :is(pre, .ourdl-picture, .ourdl-table, .formula)")) {
    wide.observe(part);
    part.addEventListener("scroll", () => fade(part), { passive: true });
  }
};

// What a reader has chosen; a browser may refuse to keep it.
const keep = (name, value) => {
  try {
    localStorage.setItem(`ourdl-${name}`, JSON.stringify(value));
  } catch {}
};
const kept = (name) => {
  try {
    return JSON.parse(localStorage.getItem(`ourdl-${name}`));
  } catch {
    return null;
  }
};
document.documentElement.classList.toggle("wrapped", kept("wrapped") ?? false);
document.documentElement.classList.add(kept("everything") ? "all" : "ask"); // before anything is painted

// Predict, and commit: an answer opens the output and the text that explains it, and stays beside it. It is kept in
// this browser alone.
const askFirst = () => {
  const page = location.pathname.split("/").pop(), answers = kept("answers") ?? {};
  const own = (answers[page] ??= {}), forms = [...document.querySelectorAll("form.commit")];
  const tally = document.querySelector(".tally"), asked = new Set();
  const count = () => {
    const given = Object.keys(own).filter((key) => asked.has(key)).map((key) => own[key]), met = given.filter((answer) => answer.met).length;
    tally.textContent = given.length
      ? `You predicted ${given.length} of this page’s ${forms.length} outputs, and were right in ${met}.` : "";
  };
  const make = (kind, text, parent, more) => parent.appendChild(Object.assign(document.createElement(kind), { textContent: text, ...more }));
  const askAll = (asks) => {
    document.documentElement.classList.toggle("ask", asks);
    document.documentElement.classList.toggle("all", !asks);
    keep("everything", !asks);
    for (const each of document.querySelectorAll(".everything")) each.textContent = asks ? "Show everything" : "Ask me first";
    if (!asks) document.querySelectorAll("details.below-input").forEach((output) => { output.open = true; });
  };
  forms.forEach((form, place) => {
    const box = form.closest(".predict");
    const question = box.textContent.trim().slice(0, 100); // by its words, since pages change
    asked.add(question);
    let answer = box.nextElementSibling;
    while (answer && !answer.matches(".cell, .then")) answer = answer.nextElementSibling;
    const isText = answer?.matches(".then"), then = isText ? answer : answer?.nextElementSibling;
    const output = answer?.querySelector("details.below-input");
    const field = form.querySelector("input"), choices = [...box.querySelectorAll(".choices > li")];
    const open = () => then?.matches(".then") && then.classList.add("open");
    const show = () => {
      const { text, met } = own[question], said = make("p", "You said: ", form, { className: "said", tabIndex: -1 });
      form.querySelectorAll("label, [type=submit], .said ~ .said").forEach((part) => part.remove());
      make("strong", text, said);
      const judge = (name, value) => {
        const button = make("button", name, said, { type: "button", ariaPressed: met === value });
        button.onclick = () => {
          own[question].met = value;
          said.querySelectorAll("button").forEach((each) => { each.ariaPressed = each === button; });
          keep("answers", answers);
          count();
        };
      };
      if (choices.length) {
        said.append(/[.!?…]$/.test(text) ? " " : ". ", met ? "That is right." : "That is not it.");
      } else {
        judge("I was right", true);
        judge("Not quite", false);
      }
      form.prepend(said);
      open();
      if (output) output.open = true;
    };
    const commit = (text, met) => {
      own[question] = { text, met };
      keep("answers", answers);
      show();
      count();
      form.querySelector(".said").focus(); // what had the focus is gone
    };
    for (const item of choices) {
      const button = make("button", item.textContent, form, { type: "button", className: "choice" });
      button.onclick = () => {
        form.querySelectorAll(".choice").forEach((each) => each.remove());
        commit(item.textContent, item.matches(".right, :has(.right)"));
      };
    }
    if (choices.length) form.querySelectorAll("label, [type=submit]").forEach((part) => part.remove());
    form.onsubmit = (event) => {
      event.preventDefault();
      field.value.trim() ? commit(field.value.trim(), null) : field.focus();
    };
    output?.addEventListener("toggle", () => output.open && open());
    if (place) form.querySelector(".everything").remove();
    else form.querySelector(".everything").onclick = () => askAll(!document.documentElement.classList.contains("ask"));
    if (own[question]) show();
  });
  // A link that leads into a text opens it.
  const follow = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const then = target && target.closest(".then");
    if (then && !then.classList.contains("open")) {
      then.classList.add("open");
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", follow);
  follow();
  if (kept("everything")) askAll(false);
  if (tally) count();
};

// How far one has read.
const showProgress = () => {
  const line = document.body.appendChild(Object.assign(document.createElement("div"), { id: "read" }));
  line.ariaHidden = "true";
  const move = () => {
    const { scrollTop, scrollHeight, clientHeight } = document.scrollingElement;
    line.style.transform = `scaleX(${Math.min(1, scrollTop / Math.max(1, scrollHeight - clientHeight))})`;
  };
  addEventListener("scroll", move, { passive: true });
  move();
};

// The arrow keys turn pages, unless something that has the focus needs them.
const turnPages = () => {
  const needs = "input, textarea, select, summary, pre, dialog, [tabindex], [role=group], [contenteditable]";
  addEventListener("keydown", (event) => {
    const way = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    if (!way || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest(needs) || document.querySelector("dialog[open]")) return;
    const link = document.querySelector(`link[rel="${way}"]`);
    if (link) location.href = link.href;
  });
};

// Paper is white.
let theme;
addEventListener("beforeprint", () => {
  theme = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
addEventListener("afterprint", () => { document.documentElement.dataset.theme = theme; });
