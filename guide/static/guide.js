// The pages that lay a model's four files side by side: the step in hand, and the four-column view. Without this script the
// steps are links and the library is still chosen by its tabs, which sphinx-design's script keeps in step across the site.
"use strict";

const WIDE = window.matchMedia("(min-width: 1600px)");
const CHOICE = "guide-columns"; // what was chosen by hand: "2", "4", or nothing: as wide as the window allows

function remembered() {
  try {
    return window.localStorage.getItem(CHOICE);
  } catch {
    return null; // the browser keeps nothing
  }
}

function remember(columns) {
  try {
    window.localStorage.setItem(CHOICE, columns);
  } catch {
    // the choice holds for this page alone
  }
}

function columns(pair, button) {
  const shown = remembered() ?? (WIDE.matches ? "4" : "2");
  const fits = window.matchMedia("(min-width: 1000px)").matches;
  pair.dataset.columns = fits ? shown : "2";
  button.setAttribute("aria-pressed", String(pair.dataset.columns === "4"));
}

function mark(pair, step, name) {
  for (const section of pair.querySelectorAll(".pair-section")) {
    section.classList.toggle(name, section.dataset.step === step);
  }
}

function choose(pair, step) {
  mark(pair, step, "current");
  for (const link of pair.querySelectorAll(".pair-steps a")) {
    if (link.dataset.step === step) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  }
}

function sectionOf(link) {
  return document.getElementById(link.hash.slice(1));
}

function steps(pair) {
  const links = [...pair.querySelectorAll(".pair-steps a")];
  for (const [place, link] of links.entries()) {
    const step = link.dataset.step;
    link.addEventListener("mouseenter", () => mark(pair, step, "hinted"));
    link.addEventListener("mouseleave", () => mark(pair, null, "hinted"));
    link.addEventListener("focus", () => mark(pair, step, "hinted"));
    link.addEventListener("blur", () => mark(pair, null, "hinted"));
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // to another tab or window
      event.preventDefault(); // the browser would go there and take the focus from the steps
      window.history.pushState(null, "", link.hash);
      sectionOf(link).scrollIntoView({ block: "start" });
      choose(pair, step);
    });
    link.addEventListener("keydown", (event) => {
      const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: links.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = links[(to + links.length) % links.length];
      next.focus();
      sectionOf(next).scrollIntoView({ block: "start" });
    });
  }
  const follow = () => {
    const section = pair.querySelector(`[id="${window.location.hash.slice(1)}"].pair-section`);
    if (section) choose(pair, section.dataset.step);
  };
  window.addEventListener("hashchange", follow);
  follow();
}

// A long dotted name in a narrow column goes on below after a dot, not in the middle of a word.
function breakAtDots() {
  for (const name of document.querySelectorAll(".page-toc .pre, .bd-article td .pre")) {
    name.innerHTML = name.innerHTML.replaceAll(/(?<=\w)\.(?=\w)/g, ".<wbr>");
  }
}

// Paper is white, whichever mode the reader has chosen.
const root = document.documentElement.dataset;
window.addEventListener("beforeprint", () => {
  root.onScreen = root.theme;
  root.theme = "light";
});
window.addEventListener("afterprint", () => {
  root.theme = root.onScreen;
});

document.addEventListener("DOMContentLoaded", () => {
  breakAtDots();
  const header = document.getElementById("pst-header");
  for (const pair of document.querySelectorAll(".pair")) {
    const button = pair.querySelector(".pair-wide");
    const bar = pair.querySelector(".pair-bar");
    const fit = () => {
      columns(pair, button);
      pair.style.setProperty("--pair-bar", `${bar.offsetHeight}px`);
      pair.style.setProperty("--guide-header", `${header?.offsetHeight ?? 0}px`);
    };
    button.addEventListener("click", () => {
      remember(pair.dataset.columns === "4" ? "2" : "4");
      fit();
    });
    window.addEventListener("resize", fit);
    fit();
    steps(pair);
  }
});
