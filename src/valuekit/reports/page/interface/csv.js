/* Tables as CSV files with raw values: RFC 4180 with line feeds, 12 significant digits, as `valuekit report` writes. */

/** A table as CSV text, in the order of the table. */
function csvText(panel, table) {
  const columns = panel.columns.map((column) => textsOf(column, table.columns.get(column.name)));
  const lines = [panel.columns.map((column) => quoted(column.name)).join(",")];
  for (let row = 0; row < table.height; row += 1) lines.push(columns.map((text) => quoted(text(row))).join(",") || '""');
  return `${lines.join("\n")}\n`;
}

function textsOf(column, values) {
  const isFloat = column.kind === "float";
  return (row) => exactText(values[row], isFloat);
}

function quoted(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Let the browser save a text as a file. */
function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

/** A file name of letters, digits, dots, dashes and underscores, as `valuekit report -o DIR` calls the file. */
function fileName(report, panel, isFiltered) {
  const parts = [report.name, panel.name, isFiltered ? "filtered" : ""].filter((part) => part !== "");
  return `${parts.join("_").replace(/[^\p{L}\p{N}._-]+/gu, "_").replace(/^\.+/, "_")}.csv`;
}
