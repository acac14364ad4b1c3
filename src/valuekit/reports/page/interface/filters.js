/* The global filters: one box of values each, opened and ticked by mouse or keyboard. */

const SEARCHED_FROM = 12;

/** The choice of values, by filter; a filter without one lets everything pass. */
class Filters {
  /**
   * @param {Array<{name: string, time: boolean, values: Array}>} filters as the engine has them
   * @param {function(): void} changed called after every change
   */
  constructor(filters, changed) {
    this.filters = filters;
    this.changed = changed;
    this.chosen = new Map(filters.map((filter) => [filter.name, new Set()]));
    this.boxes = filters.map((filter) => this.box(filter));
    place("filters").replaceChildren(...this.boxes.map((box) => box.node));
    place("clear").addEventListener("click", () => this.clear());
    document.addEventListener("click", (event) => this.closeOthers(event.target));
    this.tell();
  }

  /** What the engine takes; null where nothing is filtered. */
  selection() {
    const found = Object.create(null);
    for (const filter of this.filters) {
      const chosen = this.chosen.get(filter.name);
      if (chosen.size > 0 && chosen.size < filter.values.length) found[filter.name] = [...chosen].map((at) => filter.values[at]);
    }
    return Object.keys(found).length === 0 ? null : found;
  }

  clear() {
    this.chosen.forEach((chosen) => chosen.clear());
    this.boxes.forEach((box) => box.untick());
    this.update();
  }

  update() {
    this.tell();
    this.changed();
  }

  box(filter) {
    const chosen = this.chosen.get(filter.name);
    const summary = element("summary", {}, element("span", { class: "filter-name" }, filter.name), element("span", { class: "filter-state" }));
    const boxes = filter.values.map((value, at) => this.tick(chosen, value, at));
    const list = element("fieldset", {}, element("legend", { class: "unseen" }, `Values of ${filter.name}`), ...boxes);
    const search = filter.values.length < SEARCHED_FROM ? null : searchOf(filter, boxes);
    const drop = element("div", { class: "drop" }, search, list);
    const node = element("details", { class: "filter" }, summary, drop);
    node.addEventListener("keydown", (event) => closeOnEscape(event, node, summary));
    const untick = () => boxes.forEach((label) => { label.firstChild.checked = false; });
    return { node, untick, state: summary.lastChild, filter };
  }

  tick(chosen, value, at) {
    const box = element("input", { type: "checkbox" });
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(at);
      else chosen.delete(at);
      this.update();
    });
    return element("label", {}, box, element("span", { dir: "auto", class: value === null ? "missing" : null }, shownKey(value)));
  }

  closeOthers(target) {
    this.boxes.forEach(({ node }) => { if (!node.contains(target)) node.open = false; });
  }

  /** Say what is filtered, on the boxes and in a sentence. */
  tell() {
    for (const { node, state, filter } of this.boxes) {
      const count = this.chosen.get(filter.name).size;
      const all = count === 0 || count === filter.values.length;
      state.textContent = all ? "all" : `${count} of ${filter.values.length}`;
      node.classList.toggle("active", !all);
    }
    const selection = this.selection();
    visible(place("clear"), selection !== null);
    place("filter-status").textContent = selection === null ? ALL_DATA : filteredText(selection);
  }
}

const ALL_DATA = "Nothing is filtered. What you choose here changes every number, chart and table below.";

function filteredText(selection) {
  const parts = Object.entries(selection).map(([name, values]) => `${name}: ${listed(values)}`);
  return `Filtered to ${parts.join("; ")}. The numbers are merged again, in this page, from the counts, sums and digests in it.`;
}

function listed(values) {
  const first = values.slice(0, 5).map(shownKey).join(", ");
  return values.length > 5 ? `${first} and ${values.length - 5} more` : first;
}

function searchOf(filter, labels) {
  const input = element("input", { type: "search", placeholder: "Find a value", "aria-label": `Find a value of ${filter.name}` });
  const texts = filter.values.map((value) => shownKey(value).toLowerCase());
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    labels.forEach((label, at) => visible(label, texts[at].includes(wanted)));
  });
  return input;
}

function closeOnEscape(event, node, summary) {
  if (event.key !== "Escape" || !node.open) return;
  node.open = false;
  summary.focus();
  event.stopPropagation();
}
