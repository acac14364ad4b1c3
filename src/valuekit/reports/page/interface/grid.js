/* A table that sorts by mouse and keyboard, and stays quick with 100,000 rows: only those in sight are elements. */

const FIRST_ROWS = 15;
const ALL_AT_ONCE = 300;
const BEYOND_SIGHT = 20;
const PRINTED_ROWS = 100;

/** One panel's table: its elements, its order, and how many rows are shown. */
class Grid {
  /**
   * @param {Object} panel as embedded
   * @param {string} title what the table is called aloud
   */
  constructor(panel, title) {
    this.panel = panel;
    this.fields = fieldsOf(panel);
    this.sorting = { name: null, direction: 1 };
    this.isWhole = false;
    this.isPrinting = false;
    this.headers = new Map();
    this.body = element("tbody");
    this.table = element("table", {}, element("caption", { class: "unseen" }, title), this.head(), this.body);
    this.box = element("div", { class: "grid", role: "region", "aria-label": `Table: ${title}`, tabindex: 0 }, this.table);
    this.more = button("", { class: "more" }, () => this.showAll());
    this.printed = element("p", { class: "printed-only" });
    this.box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.node = element("div", { class: "grid-frame" }, this.box, this.more, this.printed);
  }

  head() {
    const cells = this.fields.map((field) => {
      const press = button(field.label, { title: field.title }, () => this.sortBy(field));
      press.append(element("span", { class: "arrow", "aria-hidden": "true" }));
      const cell = element("th", { scope: "col", class: field.isNumber ? "number" : "key" }, field.sorts ? press : field.label);
      if (field.sorts) this.headers.set(field.name, cell);
      return cell;
    });
    return element("thead", {}, element("tr", {}, ...cells));
  }

  /** Show another table of the same columns. */
  show(table) {
    this.source = table;
    this.isLow = lowCounts(this.panel, table);
    this.order = sortedRows(table, this.sorting.name, this.sorting.direction);
    this.table.setAttribute("aria-rowcount", String(table.height + 1));
    this.draw();
  }

  /** First upwards, then downwards, then as the table came. */
  sortBy(field) {
    const same = this.sorting.name === field.name;
    if (same && this.sorting.direction === -1) this.sorting = { name: null, direction: 1 };
    else this.sorting = { name: field.name, direction: same ? -1 : 1 };
    for (const [name, cell] of this.headers) {
      const current = this.sorting.name === name;
      if (current) cell.setAttribute("aria-sort", this.sorting.direction === 1 ? "ascending" : "descending");
      else cell.removeAttribute("aria-sort");
    }
    this.order = sortedRows(this.source, this.sorting.name, this.sorting.direction);
    this.box.scrollTop = 0;
    this.draw();
  }

  /** On paper there are more rows, none of them in a box that scrolls. */
  print(yes) {
    this.isPrinting = yes;
    if (this.source) this.draw();
  }

  showAll() {
    this.isWhole = !this.isWhole;
    this.draw();
    if (this.isWhole) this.box.focus();
  }

  draw() {
    const height = this.source.height;
    const bound = this.bound();
    this.isVirtual = bound > ALL_AT_ONCE && !this.isPrinting;
    this.box.classList.toggle("tall", this.isVirtual);
    visible(this.more, height > FIRST_ROWS);
    this.more.textContent = this.isWhole ? `Show the first ${FIRST_ROWS}` : `Show all ${counted(height, "row")}`;
    this.printed.textContent = height > bound ? `The first ${bound} of ${counted(height, "row")}; the page and its CSV files have all.` : "";
    if (this.isVirtual) this.drawSight();
    else this.body.replaceChildren(...this.rows(0, bound), ...(height === 0 ? [this.nothing()] : []));
  }

  /** How many rows are in the table. */
  bound() {
    const height = this.source.height;
    if (this.isPrinting) return Math.min(height, PRINTED_ROWS);
    return this.isWhole ? height : Math.min(height, FIRST_ROWS);
  }

  /** The rows in sight, with empty room in place of those above and below. */
  drawSight() {
    const rowHeight = this.rowHeight || this.measured();
    const first = Math.max(0, Math.floor(this.box.scrollTop / rowHeight) - BEYOND_SIGHT);
    const count = Math.ceil(this.box.clientHeight / rowHeight) + 2 * BEYOND_SIGHT;
    const last = Math.min(this.source.height, first + count);
    this.first = first;
    this.body.replaceChildren(
      this.room(first * rowHeight),
      ...this.rows(first, last),
      this.room((this.source.height - last) * rowHeight),
    );
  }

  scrolled() {
    if (!this.isVirtual || this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      if (this.isVirtual) this.drawSight();
    });
  }

  measured() {
    this.body.replaceChildren(...this.rows(0, 1));
    this.rowHeight = this.body.firstChild.getBoundingClientRect().height || 30;
    return this.rowHeight;
  }

  room(pixels) {
    const cell = element("td", { colspan: this.fields.length });
    cell.style.height = `${pixels}px`;
    return element("tr", { class: "room", "aria-hidden": "true" }, cell);
  }

  nothing() {
    return element("tr", {}, element("td", { colspan: this.fields.length, class: "nothing" }, "There are no rows."));
  }

  rows(first, last) {
    const made = [];
    for (let at = first; at < last; at += 1) made.push(this.row(this.order[at], at));
    return made;
  }

  row(row, at) {
    const low = this.isLow(row);
    const cells = this.fields.map((field) => field.cell(this.source, row));
    if (low) lowMark(cells, this.fields);
    return element("tr", { class: low ? "low" : null, "aria-rowindex": at + 2, "data-row": row }, ...cells);
  }
}
