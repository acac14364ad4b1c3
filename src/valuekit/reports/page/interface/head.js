/* Heading and foot of the page: what it is, of when, and where its numbers come from. */

/** Title, data window, warnings and provenance. */
function showHead(found) {
  place("title").textContent = found.title;
  place("window").textContent = windowText(found.provenance);
  place("warnings").replaceChildren(...found.warnings.map((text) => element("p", { class: "warning" }, text)));
  const facts = provenanceOf(found.provenance).filter(([, value]) => value !== null);
  place("provenance").replaceChildren(
    ...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}

function windowText(provenance) {
  const rows = counted(provenance.facts, "row");
  if (provenance.first === null) return rows;
  const days = provenance.first === provenance.last ? provenance.first : `${provenance.first} to ${provenance.last}`;
  return `${days} \u00b7 ${rows}`;
}

function provenanceOf(provenance) {
  const days = provenance.first === null ? null : `${provenance.first} to ${provenance.last}`;
  return [
    ["Data window", days],
    ["Files landed", shown(provenance.files, "count", false)],
    ["Rows that count", shown(provenance.facts, "count", false)],
    ["Rows rejected", shown(provenance.rejected, "count", false)],
    ["Config", provenance.config],
    ["Fingerprint", provenance.fingerprint],
    ["Run", provenance.run === null ? null : `${provenance.run}${provenance.finished === null ? "" : `, finished ${provenance.finished}`}`],
    ["Made by", `valuekit ${provenance.version}`],
  ];
}
