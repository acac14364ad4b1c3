/* Elements. Text always becomes a text node: nothing from data is ever parsed as markup. */

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * Make an HTML element.
 * @param {string} tag its name
 * @param {Object<string, string|number|boolean|null|undefined>} [attributes] true sets an empty one; false and null none
 * @param {...(Node|string|null|undefined)} children texts become text nodes
 * @returns {HTMLElement}
 */
function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Make an SVG element; as `element`. */
function drawing(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** A button that does something. */
function button(label, attributes, press) {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", press);
  return made;
}

/** The element of an id that the skeleton has. */
function place(id) {
  return document.getElementById(id);
}

/** Show or hide without a trace in the layout. */
function visible(node, yes) {
  node.hidden = !yes;
}

let lastId = 0;

/** An id that no other element of the page has. */
function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/** "1 row", "2 rows". */
function counted(count, noun) {
  return `${grouped(String(count))} ${noun}${count === 1 ? "" : "s"}`;
}

/** With a capital letter. */
function capitalized(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
