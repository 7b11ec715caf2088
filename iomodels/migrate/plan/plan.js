// One choice of library for the whole page; without this script all three stand below each other.
const root = document.documentElement;
root.classList.add("tabbed");
const libraries = ["asyncio", "trio", "anyio"];

function choose(library, button) {
  const before = button?.getBoundingClientRect().top;
  root.dataset.library = library;
  for (const each of document.querySelectorAll("[role=tab]")) {
    const chosen = each.dataset.library === library;
    each.setAttribute("aria-selected", chosen);
    each.tabIndex = chosen ? 0 : -1;
  }
  if (button) scrollBy(0, button.getBoundingClientRect().top - before);  // what is above may have become longer
}

document.querySelectorAll(".tabs").forEach((tabs, number) => {
  const list = document.createElement("div");
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", "Library");
  for (const panel of tabs.querySelectorAll(".panel")) {
    const {library} = panel.dataset, button = document.createElement("button");
    Object.assign(button, {type: "button", id: `tab-${number}-${library}`, textContent: library});
    panel.id = `panel-${number}-${library}`;
    button.dataset.library = library;
    button.setAttribute("role", "tab");
    button.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", button.id);
    button.addEventListener("click", () => choose(library, button));
    button.addEventListener("keydown", ({key}) => {
      const step = {ArrowRight: 1, ArrowLeft: 2}[key];
      if (!step) return;
      const next = list.children[(libraries.indexOf(library) + step) % 3];
      choose(next.dataset.library, next);
      next.focus();
    });
    list.append(button);
  }
  tabs.prepend(list);
});
choose(libraries[0]);

const fold = document.querySelector(".fold"), parts = document.querySelectorAll("#order .card");
if (fold) {
  fold.hidden = false;
  fold.addEventListener("click", () => {
    const open = fold.textContent === "Unfold all";
    for (const part of parts) part.open = open;
    fold.textContent = open ? "Fold all" : "Unfold all";
  });
  if (parts[0]?.open) fold.textContent = "Fold all";
}

// A link to what is folded opens it.
function reveal() {
  for (let each = document.getElementById(location.hash.slice(1)); each; each = each.parentElement) {
    if (each.tagName === "DETAILS") each.open = true;
  }
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}
addEventListener("hashchange", reveal);
if (location.hash) reveal();
