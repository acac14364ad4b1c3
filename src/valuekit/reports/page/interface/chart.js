/* Pictures: Vega draws them as SVG from the rows of a panel, its expressions interpreted, never compiled to code. */

const NARROW = 560;
const BUILT = { narrow: 330, wide: 860 };
const TALL = 1400;
const ONE_PAGE = 2.3;
const ONLY_ERRORS = 1;
const SILENT = { level: () => SILENT, error: () => SILENT, warn: () => SILENT, info: () => SILENT, debug: () => SILENT };

/** Draw a panel's picture of a table, in the theme and the width of the moment. */
async function drawn(view, table) {
  const library = await chartLibrary();
  view.charts = view.charts || (await unpackedCharts(view.panel));
  if (table !== view.table) return;
  const rows = chartRows(view, table);
  if (rows.length === 0) {
    emptied(view, "None of the groups that the picture shows is left.");
    return;
  }
  const frame = framed(view, rows);
  const found = reached(view.panel.chart.axes, rows);
  const picture = pictureOf(library, view, specFor(library, view, frame, { all: view.panel.chart.frame === null ? null : rows, found }));
  const room = element("div", { class: "drawing", role: "img", "aria-label": `Chart: ${view.title}. The table below has its numbers.` });
  await picture.initialize(room).runAsync();
  room.querySelectorAll("svg").forEach((svg) => svg.setAttribute("aria-hidden", "true"));
  if (table !== view.table) {
    picture.finalize();
    return;
  }
  undrawn(view);
  view.picture = picture;
  view.tellBeyond(beyondText(found, rows));
  view.chart.replaceChildren(room);
  view.chart.classList.toggle("one-page", slenderness(room) < ONE_PAGE);
  scrollable(view, room.scrollHeight > TALL && !view.page.theme.isPrinting);
}

/** How many times its width a picture is high; on paper one of a few stands on one page, and is narrower there. */
function slenderness(room) {
  const { width, height } = room.querySelector("svg").viewBox.baseVal;
  return height / Math.max(width, 1);
}

/** A picture far taller than a screen scrolls in a box of its own, by keyboard, too. */
function scrollable(view, yes) {
  view.chart.classList.toggle("tall", yes);
  const attributes = { tabindex: "0", role: "group", "aria-label": `Chart: ${view.title}` };
  for (const [name, value] of Object.entries(attributes)) {
    if (yes) view.chart.setAttribute(name, value);
    else view.chart.removeAttribute(name);
  }
}

function pictureOf({ parse, View, expressionInterpreter }, view, spec) {
  return new View(parse(spec, {}, { ast: true }), {
    renderer: "svg",
    expr: expressionInterpreter,
    logLevel: ONLY_ERRORS,
    logger: SILENT,
    tooltip: (handler, event, item, value) => hint(event, value ? hintPairs(view, value) : null),
  });
}

/** Specifications by theme and width, and which rows are drawn of the whole table. */
async function unpackedCharts(panel) {
  const found = await unpacked(panel.chart.packed);
  const keys = found.drawn === null ? null : new Set(found.keys.map((key) => JSON.stringify(key)));
  return { ...found, keys, rows: found.drawn === null ? null : new Set(found.drawn) };
}

/** A Vega specification with its rows. */
function specFor({ compile }, view, rows, { all, found }) {
  const width = Math.max(view.chart.clientWidth, 260);
  const layout = width < NARROW ? "narrow" : "wide";
  const size = { width, built: BUILT[layout], rows: view.panel.chart.rows, found };
  const spec = structuredClone(view.charts.specs[view.page.theme.name()][layout]);
  if (view.panel.chart.engine === "vega") return withRows(fittedVega(spec, size), rows);
  return withRows(compile(fitted(spec, rows, all, size), { logger: SILENT }).spec, rows);
}

function withRows(spec, rows) {
  spec.data.find((data) => data.name === "table").values = rows;
  return spec;
}

/** Forget a picture that is no longer shown. */
function undrawn(view) {
  if (view.picture) view.picture.finalize();
  view.picture = null;
}

function emptied(view, text) {
  undrawn(view);
  view.tellBeyond(null);
  scrollable(view, false);
  view.chart.replaceChildren(element("p", { class: "empty" }, text));
}

/** The rows of a table as the specification names them: c0, c1, ... and `low`. */
function chartRows(view, table) {
  const isLow = lowCounts(view.panel, table);
  const isDrawn = drawnRows(view, table);
  const columns = view.panel.columns.map((column) => chartCells(column, table.columns.get(column.name)));
  const rows = [];
  for (let row = 0; row < table.height; row += 1) {
    if (!isDrawn(row)) continue;
    const made = { low: isLow(row) };
    columns.forEach((cell, at) => { made[`c${at}`] = cell(row); });
    rows.push(made);
  }
  return rows;
}

/** Numbers and moments as they are, other dimensions as text for people. */
function chartCells(column, values) {
  const isFloat = column.kind === "float";
  if (column.role === "number") return (row) => (typeof values[row] === "string" ? shownKey(values[row]) : values[row]);
  if (column.unit === "time" && column.kind === "moment") return (row) => values[row];
  return (row) => shownKey(values[row], isFloat);
}

/** Which rows the picture, which is bounded, shows; under a filter those of the groups that it showed before. */
function drawnRows(view, table) {
  if (view.charts.rows === null) return () => true;
  if (table === view.whole) return (row) => view.charts.rows.has(row);
  const keys = view.panel.key.map((name) => table.columns.get(name));
  return (row) => view.charts.keys.has(JSON.stringify(keys.map((values) => values[row])));
}

/** What a mark stands for: the columns of its row, for people. */
function hintPairs(view, datum) {
  const ends = new Set(view.panel.columns.flatMap((column) => (column.low === null ? [] : [column.low, column.high])));
  const pairs = [];
  view.panel.columns.forEach((column, at) => {
    const value = datum[`c${at}`];
    if (value === undefined || ends.has(column.name)) return;
    pairs.push([column.name, column.role === "number" ? shown(value, column.unit, false) : shownKey(value)]);
    if (column.low === null) return;
    const [low, high] = [column.low, column.high].map((name) => datum[`c${view.panel.columns.findIndex((one) => one.name === name)}`]);
    pairs.push(["95 % interval", shownInterval(low, high, column.unit, false)]);
  });
  return pairs;
}

/** The rows of the chosen frame, where the picture has frames; else all. */
function framed(view, rows) {
  const { frame } = view.panel.chart;
  visible(view.frames, frame !== null);
  if (frame === null) return rows;
  const names = distinct(rows, frame);
  if (!names.includes(view.frame)) view.frame = names[names.length - 1];
  frameControl(view, names);
  return rows.filter((row) => row[frame] === view.frame);
}

/** A slider over the frames, with the name of the one shown. */
function frameControl(view, names) {
  const key = JSON.stringify(names);
  if (view.frameNames === key) return;
  view.frameNames = key;
  const textOf = (name) => shownKey(name);
  const label = element("output", { dir: "auto" }, textOf(view.frame));
  const slider = element("input", {
    type: "range", min: 0, max: names.length - 1, step: 1,
    "aria-label": view.panel.chart.frameName, "aria-valuetext": textOf(view.frame),
  });
  slider.value = String(names.indexOf(view.frame));
  slider.addEventListener("input", () => {
    view.frame = names[Number(slider.value)];
    label.textContent = textOf(view.frame);
    slider.setAttribute("aria-valuetext", label.textContent);
    drawn(view, view.table);
  });
  view.frames.replaceChildren(element("span", {}, view.panel.chart.frameName), slider, label);
}
