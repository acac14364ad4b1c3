/* The cells of tables: values for people, intervals beside them, errors of what was merged, reasons for what is missing. */

const SHORT_TEXT = 24;

/** What the columns of the page's table are: an interval is one column, beside its value. */
function fieldsOf(panel) {
  const ends = new Set(panel.columns.flatMap((column) => (column.low === null ? [] : [column.low, column.high])));
  return panel.columns
    .filter((column) => !ends.has(column.name))
    .flatMap((column) => (column.low === null ? [valueField(panel, column)] : [valueField(panel, column), intervalField(column)]));
}

function valueField(panel, column) {
  const isNumber = column.role === "number";
  return {
    name: column.name,
    label: column.name,
    title: column.formula || null,
    sorts: true,
    isNumber,
    cell: (table, row) => (isNumber ? numberCell(panel, column, table, row) : keyCell(column, table, row)),
  };
}

function intervalField(column) {
  const cell = (table, row) => element("td", { class: "number interval" }, intervalText(column, table, row));
  return { name: `${column.name} interval`, label: "95 % interval", title: null, sorts: false, isNumber: true, cell };
}

function intervalText(column, table, row) {
  return shownInterval(table.columns.get(column.low)[row], table.columns.get(column.high)[row], column.unit, false);
}

function keyCell(column, table, row) {
  const value = table.columns.get(column.name)[row];
  const text = shownKey(value, column.kind === "float");
  const look = `key${value === null ? " missing" : ""}${text.length <= SHORT_TEXT ? " short" : ""}`;
  return element("td", { class: look, dir: value === null ? null : "auto" }, text);
}

function numberCell(panel, column, table, row) {
  const value = table.columns.get(column.name)[row];
  if (value === null) return element("td", { class: "number none", title: reasonOf(panel, column, table, row) }, NO_VALUE);
  const text = shown(value, column.unit, false);
  const error = Object.hasOwn(table.errors, column.name) ? table.errors[column.name][row] : null;
  if (!error) return element("td", { class: "number" }, text);
  return element("td", { class: "number" }, text, element("span", { class: "error" }, ` ${errorText(error, column.unit)}`));
}

/** How far a merged value may be off: two digits, rounded up. */
function errorText(error, unit) {
  return `\u00b1 ${shown(roundedUp(error, unit), unit === "change" ? "rate" : unit, false)}`;
}

/** Why a cell is empty, as far as the notes tell. */
function reasonOf(panel, column, table, row) {
  if (Object.hasOwn(table.reasons, column.name)) return table.reasons[column.name][row];
  const notes = panel.notes.filter((note) => note.score === column.name);
  if (notes.length === 1) return notes[0].reason;
  const exact = notes.find((note) => note.groups.some((group) => isGroup(group, table, row)));
  return exact === undefined ? notes.map((note) => note.reason).join("; or ") || null : exact.reason;
}

function isGroup(group, table, row) {
  return Object.entries(group).every(([name, value]) => table.columns.has(name) && table.columns.get(name)[row] === value);
}

/** Mark the row's Count, or its first cell, as one of few cases. */
function lowMark(cells, fields) {
  const at = Math.max(fields.findIndex((field) => field.name === "Count"), 0);
  cells[at].prepend(element("span", { class: "badge", title: LOW }, "low n"), " ");
}
