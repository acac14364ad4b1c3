/* One panel of a report: its picture, its table, its notes and its file. Drawn when it comes near, and again when stale. */

const MERGED = "\u00b1 is how far a value can be from what valuekit computes with the same filter: it is merged from digests "
  + "that were compressed to fit into this page.";

/** A panel and its elements. */
class PanelView {
  /**
   * @param {Object} page what all share: engine, selection, theme
   * @param {Object} report the report's embedded description
   * @param {number} index of the panel in it
   */
  constructor(page, report, index) {
    Object.assign(this, { page, report, index, panel: report.panels[index], isStale: true, run: 0 });
    this.title = this.panel.title || report.title;
    this.grid = new Grid(this.panel, this.title);
    this.notice = element("p", { class: "notice", hidden: true });
    this.chart = element("div", { class: "chart", "aria-busy": "true" });
    this.frames = element("div", { class: "frames", hidden: true });
    this.notes = element("div", { class: "notes" });
    this.node = this.layout();
  }

  layout() {
    const save = button("Download CSV", { class: "save", "aria-label": `Download CSV: ${this.title}` }, () => this.save());
    const heading = this.panel.title === "" ? null : element("h3", { dir: "auto" }, this.panel.title);
    const pictured = this.panel.chart !== null;
    return element(
      "section",
      { class: "panel", "aria-busy": "true" },
      heading,
      this.notice,
      pictured ? this.frames : null,
      pictured ? this.chart : null,
      this.grid.node,
      element("div", { class: "actions" }, save),
      this.notes,
    );
  }

  /** Draw what is shown anew, where anything changed since; done when it is drawn. */
  refresh() {
    if (this.isStale) {
      this.isStale = false;
      this.drawing = this.draw();
    }
    return this.drawing;
  }

  /** What is drawn is out of date, until `refresh`. */
  stale() {
    this.isStale = true;
    this.node.setAttribute("aria-busy", "true");
  }

  async draw() {
    this.run += 1;
    const run = this.run;
    const found = await this.current();
    if (run !== this.run) return;
    this.table = found.table;
    this.showState(found);
    if (found.table !== null) {
      this.grid.show(found.table);
      this.drawNotes(found);
      await this.drawChart(found);
    }
    if (run === this.run && !this.isStale) this.node.removeAttribute("aria-busy");
  }

  /** The table under the selection, and what the engine says of it. */
  async current() {
    const selection = this.page.selection;
    if (selection === null) {
      this.whole = this.whole || (await embeddedTable(this.panel));
      return { table: this.whole, failure: null, unavailable: {}, notes: this.panel.notes };
    }
    const merged = this.page.engine.panel(this.report.name, this.index, selection);
    if (merged.failure !== null) return { table: null, failure: merged.failure, unavailable: {}, notes: [] };
    const table = mergedTable(this.panel, merged);
    return { table, failure: null, unavailable: merged.unavailable, notes: notesOf(merged.reasons, merged.unavailable) };
  }

  showState(found) {
    const available = found.failure === null;
    visible(this.notice, !available);
    this.notice.textContent = available ? "" : `${capitalized(found.failure)}.`;
    for (const node of [this.chart, this.frames, this.grid.node, this.node.querySelector(".actions"), this.notes]) {
      visible(node, available);
    }
  }

  drawNotes(found) {
    const lines = Object.entries(found.unavailable).map(([score, reason]) => noteLine(score, reason));
    for (const note of alike(found.notes)) lines.push(noteLine(note.score, note.reason, note.count, note.groups[0]));
    if (found.table.height > 0) lines.unshift(...this.remarks().map((text) => element("li", {}, text)));
    if (lowRows(this.panel, found.table)) lines.push(element("li", {}, element("span", { class: "badge" }, "low n"), ` ${LOW}`));
    this.notes.replaceChildren(...(lines.length === 0 ? [] : [element("ul", {}, ...lines)]));
  }

  /** Say what of the picture lies beyond its axes, first of the notes; null where nothing does. */
  tellBeyond(text) {
    this.notes.querySelector("li.beyond")?.remove();
    if (text === null) return;
    if (this.notes.firstElementChild === null) this.notes.append(element("ul", {}));
    this.notes.firstElementChild.prepend(element("li", { class: "beyond" }, text));
  }

  /** What the picture leaves out, and what the errors beside values mean. */
  remarks() {
    const told = this.panel.chart === null ? [] : [...this.panel.chart.remarks];
    if (told.length > 0 && this.page.selection !== null) told.push("Under a filter the picture shows what is left of the same groups.");
    if (Object.values(this.table.errors).some((errors) => errors.some((error) => error))) told.push(MERGED);
    return told;
  }

  async drawChart(found) {
    if (this.panel.chart === null) return;
    const { uses, needs } = this.panel.chart;
    const missing = uses.find((name) => Object.hasOwn(found.unavailable, name));
    if (missing !== undefined) return this.withoutChart(`${missing}: ${found.unavailable[missing]}.`);
    if (found.table.height === 0) return this.withoutChart("There are no rows.");
    const blank = needs.find((name) => found.table.columns.get(name).every((value) => value === null));
    if (blank !== undefined) return this.withoutChart(`${blank} has no value in any row.`);
    await drawn(this, found.table);
    this.chart.removeAttribute("aria-busy");
    return undefined;
  }

  withoutChart(text) {
    visible(this.frames, false);
    emptied(this, text);
    this.chart.removeAttribute("aria-busy");
  }

  /** Download the table of the moment, whether or not it is drawn yet. */
  async save() {
    const { table } = await this.current();
    if (table !== null) download(fileName(this.report, this.panel, this.page.selection !== null), csvText(this.panel, table));
  }
}

function lowRows(panel, table) {
  const isLow = lowCounts(panel, table);
  for (let row = 0; row < table.height; row += 1) if (isLow(row)) return true;
  return false;
}

function noteLine(score, reason, count = null, example = undefined) {
  const line = element("li", {}, score === "*" ? null : element("strong", {}, score), score === "*" ? reason : `: ${reason}`);
  if (count !== null) line.append(` (${counted(count, "row")}${exampleText(example, count)})`);
  return line;
}

function exampleText(group, count) {
  const parts = Object.entries(group || {}).map(([name, value]) => `${name} ${shownKey(value)}`);
  return parts.length === 0 ? "" : `${count === 1 ? ": " : ", such as "}${parts.join(", ")}`;
}

/** One note for all scores that lack a value for one reason in the same groups: a score and the ends of its interval. */
function alike(notes) {
  const found = new Map();
  for (const { score, reason, count, groups } of notes) {
    const key = JSON.stringify([reason, count, groups]);
    const known = found.get(key);
    found.set(key, { score: known === undefined ? score : `${known.score}, ${score}`, reason, count, groups });
  }
  return found.values();
}

/** Notes of a merged table: by score and reason, with a count. */
function notesOf(reasons, unavailable) {
  const notes = [];
  for (const [score, texts] of Object.entries(reasons)) {
    if (Object.hasOwn(unavailable, score)) continue;
    const counts = new Map();
    for (const text of texts) if (text !== null) counts.set(text, (counts.get(text) || 0) + 1);
    counts.forEach((count, reason) => notes.push({ score, reason, count, groups: [] }));
  }
  return notes;
}
