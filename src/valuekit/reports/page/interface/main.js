/* Puts the page together: reads what is embedded, opens the engine, and draws what comes near. */

const NEAR = "600px";

/** What every part of the page shares. */
const page = { engine: null, selection: null, theme: null, views: [] };

/** Start when the elements stand. */
async function start() {
  const found = JSON.parse(place("document").textContent);
  page.theme = new Theme(() => stale());
  const shelves = found.reports.map((report, at) => reportView(page, report, at));
  page.views = shelves.flatMap((shelf) => shelf.views);
  place("reports").replaceChildren(...shelves.map((shelf) => shelf.node));
  showHead(found);
  showCards(found, null);
  page.library = new Shelf(shelves);
  await openEngine(found);
  watchSight();
  watchPrint();
  watchWidth();
  place("library").open = !matchMedia("(max-width: 60rem)").matches;
  document.documentElement.dataset.ready = "";
  whenIdle(page.views.values());
}

/** The engine and its filters, or a word on why there are none. */
async function openEngine(found) {
  try {
    page.engine = await valuekitEngine.open(place("states").textContent);
  } catch (problem) {
    place("filter-status").textContent = `This browser cannot filter: ${problem.message}`;
    return;
  }
  if (page.engine.filters.length === 0) {
    visible(place("filtering"), false);
    return;
  }
  page.filters = new Filters(page.engine.filters, () => filterAll(found));
}

function filterAll(found) {
  page.selection = page.filters.selection();
  document.documentElement.classList.toggle("filtered", page.selection !== null);
  showCards(found, page.selection === null ? null : page.engine.cards(page.selection));
  stale();
}

/** Everything drawn is out of date: draw what is near now, the rest when it comes near. */
function stale() {
  page.views.forEach((view) => view.stale());
  page.views.filter((view) => view.isNear).forEach((view) => view.refresh());
}

function watchSight() {
  const byNode = new Map(page.views.map((view) => [view.node, view]));
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const view = byNode.get(entry.target);
      view.isNear = entry.isIntersecting;
      if (view.isNear) view.refresh();
    }
  }, { rootMargin: NEAR });
  byNode.forEach((_, node) => observer.observe(node));
}

/** Draw the rest one by one while nothing else is to do, so that printing and searching find it. */
function whenIdle(views) {
  const later = window.requestIdleCallback || ((call) => setTimeout(call, 50));
  later(async () => {
    const next = views.next();
    if (next.done) document.documentElement.dataset.complete = "";
    else {
      await next.value.refresh();
      whenIdle(views);
    }
  });
}

/** On paper everything is drawn, open and light. */
function watchPrint() {
  window.addEventListener("beforeprint", () => prepare(true));
  window.addEventListener("afterprint", () => prepare(false));
  matchMedia("print").addEventListener("change", (event) => prepare(event.matches));
  place("print").addEventListener("click", () => printAll());
}

/** Draw all of the page, then print it. */
async function printAll() {
  await prepare(true);
  window.print();
}

let openedForPrint = [];

/** Prepare for paper, or for the screen again; `data-printing` says that all is drawn for paper. */
async function prepare(printing) {
  if (printing === page.theme.isPrinting) return;
  if (printing) {
    openedForPrint = [...document.querySelectorAll("details.fold:not([open])")];
    openedForPrint.forEach((fold) => { fold.open = true; });
  } else openedForPrint.forEach((fold) => { fold.open = false; });
  page.theme.print(printing);
  page.views.forEach((view) => view.grid.print(printing));
  delete document.documentElement.dataset.printing;
  if (!printing) return;
  await Promise.all(page.views.map((view) => view.refresh()));
  if (page.theme.isPrinting) document.documentElement.dataset.printing = "";
}

/** Charts are drawn for the width that they have. */
function watchWidth() {
  let width = document.documentElement.clientWidth;
  let timer = 0;
  window.addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (document.documentElement.clientWidth === width || page.theme.isPrinting) return;
      width = document.documentElement.clientWidth;
      stale();
    }, 200);
  });
}

start();
