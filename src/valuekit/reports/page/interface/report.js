/* One report: heading, warnings, panels, and how its numbers are computed. */

/** A report's article and the views of its panels. */
function reportView(page, report, at) {
  const views = report.panels.map((_, index) => new PanelView(page, report, index));
  const node = element(
    "article",
    { class: "report", id: `report-${at + 1}`, "aria-labelledby": `report-${at + 1}-title` },
    headerOf(report, at),
    ...report.warnings.map((text) => element("p", { class: "warning" }, text)),
    report.failure === null ? null : element("p", { class: "failure" }, `This report could not be made: ${report.failure}`),
    ...panelNodes(views),
    formulasOf(report),
  );
  return { report, node, views };
}

function headerOf(report, at) {
  const by = report.by.length === 0 ? "in total" : `by ${report.by.join(", ")}`;
  return element(
    "header",
    {},
    report.category === "" ? null : element("p", { class: "category" }, report.category),
    element("h2", { id: `report-${at + 1}-title`, tabindex: -1, dir: "auto" }, report.title),
    element("p", { class: "meta" }, `${report.metric} ${by}`),
  );
}

/** The first panel as it is; the others side by side, each table folded. */
function panelNodes(views) {
  const [first, ...others] = views.map((view) => view.node);
  if (first === undefined) return [];
  if (others.length === 0) return [first];
  views.slice(1).forEach((view) => folded(view));
  return [first, element("div", { class: "further" }, ...others)];
}

function folded(view) {
  const fold = element("details", { class: "fold" }, element("summary", {}, `Table: ${view.title}`));
  view.grid.node.before(fold);
  fold.append(view.grid.node, view.node.querySelector(".actions"));
}

/** Score by score: the formula, and when there is no value. */
function formulasOf(report) {
  const scores = new Map();
  for (const panel of report.panels) {
    for (const column of panel.columns) if (column.formula !== null) scores.set(column.name, column);
  }
  if (scores.size === 0) return null;
  const list = element("dl", {}, ...[...scores.values()].flatMap(formulaOf));
  return element("details", { class: "fold formulas" }, element("summary", {}, "How the numbers are computed"), list);
}

function formulaOf(column) {
  const never = column.nullWhen === "" || column.nullWhen === "never";
  return [
    element("dt", {}, column.name),
    element("dd", {}, column.formula, never ? null : element("span", { class: "null-when" }, ` No value when: ${column.nullWhen}.`)),
  ];
}
