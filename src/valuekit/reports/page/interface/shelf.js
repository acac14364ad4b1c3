/* The library of reports: categories, a search box, and the list of what they leave. */

const OTHER = "Other";

/** Which reports are shown, by category and words. */
class Shelf {
  /** @param {Array<{report: Object, node: HTMLElement}>} shelves a report and its article each */
  constructor(shelves) {
    this.category = null;
    this.shelves = shelves.map((shelf) => ({ ...shelf, category: shelf.report.category || OTHER, words: wordsOf(shelf.report) }));
    this.search = place("search");
    this.search.addEventListener("input", () => this.update());
    this.search.addEventListener("keydown", (event) => this.leaveOnEnter(event));
    this.tabs = this.categories();
    place("categories").replaceChildren(...this.tabs.map((tab) => tab.node));
    place("list").replaceChildren(...this.groups());
    this.update();
  }

  categories() {
    const names = [...new Set(this.shelves.map((shelf) => shelf.category))];
    if (names.length < 2) return [];
    return [null, ...names].map((name) => {
      const count = this.shelves.filter((shelf) => name === null || shelf.category === name).length;
      const node = button(name === null ? "All" : name, { "aria-pressed": String(name === null) }, () => this.choose(name));
      node.append(element("span", { class: "count" }, ` ${count}`));
      return { name, node };
    });
  }

  groups() {
    const names = [...new Set(this.shelves.map((shelf) => shelf.category))];
    return names.map((name) => {
      const own = this.shelves.filter((shelf) => shelf.category === name);
      own.forEach((shelf) => { shelf.entry = entryOf(shelf); });
      const heading = names.length < 2 ? null : element("h2", {}, name);
      const group = element("section", {}, heading, element("ul", {}, ...own.map((shelf) => shelf.entry)));
      own.forEach((shelf) => { shelf.group = group; });
      return group;
    });
  }

  choose(name) {
    this.category = name;
    this.tabs.forEach((tab) => tab.node.setAttribute("aria-pressed", String(tab.name === name)));
    this.update();
  }

  /** Show what the search and the category leave, and say how many. */
  update() {
    const wanted = this.search.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const groups = new Set();
    let count = 0;
    for (const shelf of this.shelves) {
      const found = (this.category === null || shelf.category === this.category) && wanted.every((word) => shelf.words.includes(word));
      visible(shelf.node, found);
      visible(shelf.entry, found);
      if (found) groups.add(shelf.group);
      count += Number(found);
    }
    this.shelves.forEach((shelf) => visible(shelf.group, groups.has(shelf.group)));
    place("library-status").textContent =
      count === this.shelves.length ? counted(count, "report") : `${count} of ${counted(this.shelves.length, "report")}`;
  }

  /** Enter goes to the first report found; Escape clears the search. */
  leaveOnEnter(event) {
    if (event.key === "Escape" && this.search.value !== "") {
      this.search.value = "";
      this.update();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const first = this.shelves.find((shelf) => !shelf.node.hidden);
      if (first) first.entry.querySelector("a").click();
    }
  }
}

function wordsOf(report) {
  const columns = report.panels.flatMap((panel) => panel.columns.map((column) => column.name));
  return [report.title, report.name, report.metric, report.family, report.type, report.category, ...report.by, ...columns]
    .join(" ")
    .toLowerCase();
}

function entryOf(shelf) {
  const link = element("a", { href: `#${shelf.node.id}`, dir: "auto" }, shelf.report.title);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    goTo(shelf.node);
  });
  return element("li", {}, link);
}

/** Bring a report into sight and give it the focus. */
function goTo(node) {
  place("library").open = !matchMedia("(max-width: 60rem)").matches;
  node.scrollIntoView({ block: "start" });
  node.querySelector("h2").focus({ preventScroll: true });
}
